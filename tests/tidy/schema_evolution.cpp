#include "tests/tidy/schema_evolution.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {
namespace {

namespace fs = std::filesystem;
using flatbuffers::uoffset_t;

// flatc with these arguments: what it printed, nothing if it was content.
std::string complaint_of_flatc(const std::string& arguments) {
  const std::string command = std::string(WATTLEDGER_FLATC) + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 512> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) output += part.data();
  const int status = ::pclose(pipe);
  if (status == 0) return "";
  return output.empty() ? command + " failed" : output;
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

class Comparison {
 public:
  Comparison(const reflection::Schema& released, const reflection::Schema& today)
      : released_(released), today_(today) {}

  std::vector<std::string> run() {
    same("root table", released_.root_table()->name()->str(), today_.root_table()->name()->str());
    for (const reflection::Object* object : *released_.objects()) compare(*object);
    for (const reflection::Enum* enumeration : *released_.enums()) compare(*enumeration);
    return found_;
  }

 private:
  void compare(const reflection::Object& was) {
    const std::string name = was.name()->str();
    const reflection::Object* is = today_.objects()->LookupByKey(name.c_str());
    if (is == nullptr) return lost(name);
    same(name + ": struct", was.is_struct(), is->is_struct());
    if (was.is_struct()) {
      same(name + ": bytes", was.bytesize(), is->bytesize());
      same(name + ": fields of a struct", was.fields()->size(), is->fields()->size());
    }
    for (const reflection::Field* field : *was.fields()) {
      const reflection::Field* other = is->fields()->LookupByKey(field->name()->c_str());
      if (other == nullptr)
        lost(name + "." + field->name()->str());
      else
        compare(name + "." + field->name()->str(), *field, *other);
    }
  }

  void compare(const std::string& name, const reflection::Field& was, const reflection::Field& is) {
    same(name + ": id", was.id(), is.id());
    same(name + ": place", was.offset(), is.offset());
    same(name + ": type", type_text(released_, *was.type()), type_text(today_, *is.type()));
    same(name + ": default", was.default_integer(), is.default_integer());
    same(name + ": default", was.default_real(), is.default_real());
    same(name + ": optional", was.optional(), is.optional());
    same(name + ": required", was.required(), is.required());
    same(name + ": deprecated", was.deprecated(), is.deprecated());
    same(name + ": key", was.key(), is.key());
  }

  void compare(const reflection::Enum& was) {
    const std::string name = was.name()->str();
    const reflection::Enum* is = today_.enums()->LookupByKey(name.c_str());
    if (is == nullptr) return lost(name);
    same(name + ": union", was.is_union(), is->is_union());
    same(name + ": type", type_text(released_, *was.underlying_type()),
         type_text(today_, *is->underlying_type()));
    for (const reflection::EnumVal* value : *was.values()) {
      const reflection::EnumVal* other = is->values()->LookupByKey(value->value());
      const std::string number = name + " = " + std::to_string(value->value());
      if (other == nullptr) {
        lost(number + " (" + value->name()->str() + ")");
        continue;
      }
      same(number + ": name", value->name()->str(), other->name()->str());
      same(number + ": table", type_text(released_, *value->union_type()),
           type_text(today_, *other->union_type()));
    }
  }

  // "Int", "Vector of UByte wattledger.fb.Action", "Obj wattledger.fb.Digest256".
  static std::string type_text(const reflection::Schema& schema, const reflection::Type& type) {
    std::string text = reflection::EnumNameBaseType(type.base_type());
    const bool is_vector = type.base_type() == reflection::Vector;
    const reflection::BaseType base = is_vector ? type.element() : type.base_type();
    if (is_vector) text += std::string(" of ") + reflection::EnumNameBaseType(base);
    if (type.index() < 0) return text;
    const auto index = static_cast<uoffset_t>(type.index());
    if (base == reflection::Obj) return text + " " + schema.objects()->Get(index)->name()->str();
    return text + " " + schema.enums()->Get(index)->name()->str();
  }

  void lost(const std::string& what) { found_.push_back(what + " is no longer there"); }

  static std::string text(const std::string& value) { return value; }
  template <class Number>
  static std::string text(Number value) {
    return std::to_string(value);
  }

  template <class Value>
  void same(const std::string& what, const Value& was, const Value& is) {
    if (was != is) found_.push_back(what + " was " + text(was) + ", is " + text(is));
  }

  const reflection::Schema& released_;
  const reflection::Schema& today_;
  std::vector<std::string> found_;
};

}  // namespace

BinarySchema BinarySchema::read(const fs::path& bfbs) {
  std::ifstream file(bfbs, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (!reflection::VerifySchemaBuffer(verifier))
    throw std::runtime_error("no binary schema in " + bfbs.string());
  return BinarySchema(std::move(bytes));
}

BinarySchema BinarySchema::compile(const fs::path& fbs) {
  const TemporaryDirectory folder;
  const std::string complaint =
      complaint_of_flatc("--binary --schema -o " + quoted(folder.path()) + " " + quoted(fbs));
  if (!complaint.empty()) throw std::runtime_error(complaint);
  return read((folder / fbs.filename()).replace_extension(".bfbs"));
}

std::vector<std::string> breaking_changes(const reflection::Schema& released,
                                          const reflection::Schema& today) {
  return Comparison(released, today).run();
}

std::string conform_complaint(const fs::path& released_fbs, const fs::path& today_fbs) {
  return complaint_of_flatc("--conform " + quoted(released_fbs) + " --conform-includes " +
                            quoted(released_fbs.parent_path()) + " " + quoted(today_fbs));
}

}  // namespace wattledger::testing
