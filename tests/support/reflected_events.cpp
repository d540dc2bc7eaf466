#include "tests/support/reflected_events.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace wattledger::testing {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Table;
using flatbuffers::uoffset_t;
using reflection::BaseType;
using reflection::Object;

std::string read_schema() {
  std::ifstream file(WATTLEDGER_BFBS, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (!reflection::VerifySchemaBuffer(verifier))
    throw std::runtime_error("no schema in " WATTLEDGER_BFBS);
  return bytes;
}

const Object& object_at(std::int32_t index) {
  return *schema().objects()->Get(static_cast<uoffset_t>(index));
}

std::vector<const reflection::Field*> fields_by_id(const Object& object) {
  std::vector<const reflection::Field*> fields(object.fields()->begin(), object.fields()->end());
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->id() < b->id(); });
  return fields;
}

const Object& fact_object(Kind kind) {
  const reflection::Enum* fact = schema().enums()->LookupByKey("wattledger.fb.Fact");
  return object_at(
      fact->values()->LookupByKey(static_cast<std::int64_t>(kind))->union_type()->index());
}

// Builds tables bottom up, children first, as FlatBuffers wants it.
class Maker {
 public:
  Maker(Kind kind, Values& values) : kind_(kind), values_(values) {}

  std::vector<std::byte> event() {
    builder_.Finish(flatbuffers::Offset<Table>(table(*schema().root_table())));
    std::vector<std::byte> bytes((builder_.GetSize() + 7) / 8 * 8);
    std::memcpy(bytes.data(), builder_.GetBufferPointer(), builder_.GetSize());
    return bytes;
  }

 private:
  struct Made {
    const reflection::Field* field;
    std::uint64_t value;  // a scalar's bits, or an offset
  };

  uoffset_t table(const Object& object) {
    std::vector<Made> made;
    for (const reflection::Field* field : fields_by_id(object)) {
      const bool of_union = field->type()->base_type() == BaseType::UType ||
                            field->type()->base_type() == BaseType::Union;
      if (of_union || values_.present()) made.push_back({field, value(*field)});
    }
    const uoffset_t start = builder_.StartTable();
    for (const Made& one : made) add(*one.field, one.value);
    return builder_.EndTable(start);
  }

  std::uint64_t value(const reflection::Field& field) {
    const reflection::Type& type = *field.type();
    const BaseType base = type.base_type();
    if (base == BaseType::UType) return static_cast<std::uint64_t>(kind_);
    if (base == BaseType::Union) return table(fact_object(kind_));
    if (base == BaseType::String) return builder_.CreateString(values_.text()).o;
    if (base == BaseType::Vector) return vector(type);
    if (base == BaseType::Obj)
      return object_at(type.index()).is_struct() ? 0 : table(object_at(type.index()));
    return scalar(type, base);
  }

  // One of the enum's values, a boolean, or any bits.
  std::uint64_t scalar(const reflection::Type& type, BaseType base) {
    if (const reflection::Enum* known = enum_of(type, base)) {
      const auto index = static_cast<uoffset_t>(values_.bits() % known->values()->size());
      return static_cast<std::uint64_t>(known->values()->Get(index)->value());
    }
    return base == BaseType::Bool ? values_.bits() % 2 : values_.bits();
  }

  std::vector<std::uint8_t> structure(const Object& object) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(object.bytesize()));
    for (const reflection::Field* field : *object.fields()) {
      const std::uint64_t value = scalar(*field->type(), field->type()->base_type());
      std::memcpy(bytes.data() + field->offset(), &value,
                  flatbuffers::GetTypeSize(field->type()->base_type()));
    }
    return bytes;
  }

  void add(const reflection::Field& field, std::uint64_t value) {
    const BaseType base = field.type()->base_type();
    if (base == BaseType::Obj && object_at(field.type()->index()).is_struct()) {
      const Object& object = object_at(field.type()->index());
      const std::vector<std::uint8_t> bytes = structure(object);
      builder_.Align(static_cast<std::size_t>(object.minalign()));
      builder_.PushBytes(bytes.data(), bytes.size());
      builder_.AddStructOffset(field.offset(), builder_.GetSize());
      return;
    }
    if (!flatbuffers::IsScalar(base)) {
      builder_.AddOffset(field.offset(), flatbuffers::Offset<void>(static_cast<uoffset_t>(value)));
      return;
    }
    switch (flatbuffers::GetTypeSize(base)) {
      case 1:
        return builder_.AddElement(field.offset(), static_cast<std::uint8_t>(value));
      case 2:
        return builder_.AddElement(field.offset(), static_cast<std::uint16_t>(value));
      case 4:
        return builder_.AddElement(field.offset(), static_cast<std::uint32_t>(value));
      default:
        return builder_.AddElement(field.offset(), value);
    }
  }

  uoffset_t vector(const reflection::Type& type) {
    const std::size_t length = values_.length();
    const BaseType element = type.element();
    if (element == BaseType::Obj && !object_at(type.index()).is_struct()) {
      std::vector<flatbuffers::Offset<Table>> tables;
      for (std::size_t i = 0; i < length; ++i) tables.emplace_back(table(object_at(type.index())));
      return builder_.CreateVector(tables).o;
    }
    std::vector<std::uint8_t> bytes;
    std::size_t alignment = flatbuffers::GetTypeSize(element);
    for (std::size_t i = 0; i < length; ++i) {
      if (element == BaseType::Obj) {
        const std::vector<std::uint8_t> one = structure(object_at(type.index()));
        bytes.insert(bytes.end(), one.begin(), one.end());
        alignment = static_cast<std::size_t>(object_at(type.index()).minalign());
      } else {
        const std::uint64_t value = scalar(type, element);
        const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
        bytes.insert(bytes.end(), from, from + alignment);
      }
    }
    builder_.StartVector(bytes.size() / alignment, alignment);
    builder_.PushBytes(bytes.data(), bytes.size());
    return builder_.EndVector(length);
  }

  Kind kind_;
  Values& values_;
  FlatBufferBuilder builder_;
};

// Walks an event's tables from the root down.
class Walker {
 public:
  std::vector<Leaf> found;

  void table(const Table& at, const Object& object, const std::string& path) {
    for (const reflection::Field* field : fields_by_id(object))
      this->field(at, *field, path + field->name()->str());
  }

 private:
  void field(const Table& at, const reflection::Field& field, const std::string& path) {
    const reflection::Type& type = *field.type();
    const std::uint8_t* address = at.GetAddressOf(field.offset());
    if (address == nullptr) {
      if (flatbuffers::IsScalar(type.base_type()) && !field.optional())
        found.push_back({path, &type, type.base_type(), field.default_integer(), nullptr});
      return;
    }
    const BaseType base = type.base_type();
    if (base == BaseType::UType) kind_ = static_cast<Kind>(*address);
    if (base == BaseType::Union)
      return table(*flatbuffers::GetFieldT(at, field), fact_object(kind_), path + ".");
    if (base == BaseType::Vector) return vector(*flatbuffers::GetFieldAnyV(at, field), type, path);
    if (base == BaseType::Obj && !object_at(type.index()).is_struct())
      return table(*flatbuffers::GetFieldT(at, field), object_at(type.index()), path + ".");
    if (base == BaseType::Obj) return structure(address, object_at(type.index()), path + ".");
    if (base == BaseType::String) {
      if (flatbuffers::GetFieldS(at, field)->size() == 0) return;
      address = reinterpret_cast<const std::uint8_t*>(flatbuffers::GetFieldS(at, field));
    }
    found.push_back({path, &type, type.base_type(), 0, address});
  }

  void structure(const std::uint8_t* bytes, const Object& object, const std::string& path) {
    for (const reflection::Field* field : fields_by_id(object))
      found.push_back({path + field->name()->str(), field->type(), field->type()->base_type(), 0,
                       bytes + field->offset()});
  }

  void vector(const flatbuffers::VectorOfAny& at, const reflection::Type& type,
              const std::string& path) {
    const std::size_t step = flatbuffers::GetTypeSizeInline(type.element(), type.index(), schema());
    for (uoffset_t i = 0; i < at.size(); ++i) {
      const std::string here = path + "[" + std::to_string(i) + "]";
      if (type.element() != BaseType::Obj)
        found.push_back({here, &type, type.element(), 0, at.Data() + i * step});
      else if (object_at(type.index()).is_struct())
        structure(at.Data() + i * step, object_at(type.index()), here + ".");
      else
        table(*flatbuffers::GetAnyVectorElemPointer<const Table>(&at, i), object_at(type.index()),
              here + ".");
    }
  }

  Kind kind_ = Kind::NONE;
};

struct Paths {
  std::set<std::string> all;
  std::set<std::string> enums;
};

void collect_paths(const Object& object, Kind kind, const std::string& path, Paths& paths) {
  for (const reflection::Field* field : fields_by_id(object)) {
    const reflection::Type& type = *field->type();
    const bool is_vector = type.base_type() == BaseType::Vector;
    const BaseType base = is_vector ? type.element() : type.base_type();
    const std::string here = path + field->name()->str() + (is_vector ? "[]" : "");
    if (base == BaseType::Union) {
      collect_paths(fact_object(kind), kind, here + ".", paths);
    } else if (base == BaseType::Obj) {
      collect_paths(object_at(type.index()), kind, here + ".", paths);
    } else {
      paths.all.insert(here);
      if (enum_of(type, base) != nullptr) paths.enums.insert(here);
    }
  }
}

Paths paths_of(Kind kind) {
  Paths paths;
  collect_paths(*schema().root_table(), kind, "", paths);
  return paths;
}

}  // namespace

const reflection::Schema& schema() {
  static const std::string bytes = read_schema();
  return *reflection::GetSchema(bytes.data());
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const reflection::EnumVal* value :
       *schema().enums()->LookupByKey("wattledger.fb.Fact")->values())
    if (value->value() != 0) kinds.push_back(static_cast<Kind>(value->value()));
  return kinds;
}

std::vector<std::byte> make_event(Kind kind, Values& values) { return Maker(kind, values).event(); }

std::vector<Leaf> leaves(std::span<const std::byte> event) {
  Walker walker;
  walker.table(*flatbuffers::GetRoot<Table>(event.data()), *schema().root_table(), "");
  return walker.found;
}

std::vector<std::string> leaf_lines(std::span<const std::byte> event) {
  std::vector<std::string> lines;
  for (const Leaf& leaf : leaves(event)) {
    std::string value = std::to_string(leaf.absent_value);
    if (leaf.base == BaseType::String) {
      value = reinterpret_cast<const flatbuffers::String*>(leaf.bytes)->str();
    } else if (leaf.bytes != nullptr) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, leaf.bytes, flatbuffers::GetTypeSize(leaf.base));
      value = std::to_string(bits);
    }
    lines.push_back(leaf.path + " = " + value);
  }
  return lines;
}

std::string without_indices(const std::string& path) {
  std::string result;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) result.push_back(c);
    if (c == '[') inside = true;
  }
  return result;
}

std::set<std::string> schema_paths(Kind kind) { return paths_of(kind).all; }
std::set<std::string> schema_enum_paths(Kind kind) { return paths_of(kind).enums; }

const reflection::Enum* enum_of(const reflection::Type& type, reflection::BaseType base) {
  if (!flatbuffers::IsScalar(base) || base == BaseType::UType || type.index() < 0) return nullptr;
  return schema().enums()->Get(static_cast<uoffset_t>(type.index()));
}

}  // namespace wattledger::testing
