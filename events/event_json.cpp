// Strict JSON, without streams, which would ask the process for its locale.
#include <flatbuffers/minireflect.h>

#include <array>
#include <charconv>
#include <concepts>
#include <string>

#include "events/codec.hpp"

namespace wattledger {
namespace {

void append_escaped(std::string& out, char control) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out.push_back(digits[static_cast<unsigned char>(control) >> 4U]);
  out.push_back(digits[static_cast<unsigned char>(control) & 15U]);
}

// Bytes that are not UTF-8 become U+FFFD: JSON cannot hold them, the log still does.
void append_string(std::string& out, const flatbuffers::String& text) {
  out.push_back('"');
  const char* const end = text.c_str() + text.size();
  for (const char* at = text.c_str(); at != end;) {
    const char* next = at;
    const int code = flatbuffers::FromUTF8(&next);
    if (code < 0) {
      out += "\xEF\xBF\xBD";
      next = at + 1;
    } else if (code < 0x20) {
      append_escaped(out, *at);
    } else {
      if (code == '"' || code == '\\') out.push_back('\\');
      out.append(at, next);
    }
    at = next;
  }
  out.push_back('"');
}

// FlatBuffers walks the event by the type tables that flatc generated and calls these.
class JsonWriter : public flatbuffers::IterationVisitor {
 public:
  std::string text;

  void StartSequence() override { text.push_back('{'); }
  void EndSequence() override { text.push_back('}'); }
  void StartVector() override { text.push_back('['); }
  void EndVector() override { text.push_back(']'); }
  void Element(std::size_t index, flatbuffers::ElementaryType /*type*/,
               const flatbuffers::TypeTable* /*table*/, const std::uint8_t* /*value*/) override {
    if (index != 0) text += ", ";
  }
  void Field(std::size_t /*field*/, std::size_t set, flatbuffers::ElementaryType /*type*/,
             bool /*is_vector*/, const flatbuffers::TypeTable* /*table*/, const char* name,
             const std::uint8_t* value) override {
    if (value == nullptr) return;
    if (set != 0) text += ", ";
    text.push_back('"');
    text += name;
    text += "\": ";
  }

  void UType(std::uint8_t value, const char* name) override { word_or_number(value, name); }
  void Bool(bool value) override { text += value ? "true" : "false"; }
  void Char(std::int8_t value, const char* name) override { word_or_number(value, name); }
  void UChar(std::uint8_t value, const char* name) override { word_or_number(value, name); }
  void Short(std::int16_t value, const char* name) override { word_or_number(value, name); }
  void UShort(std::uint16_t value, const char* name) override { word_or_number(value, name); }
  void Int(std::int32_t value, const char* name) override { word_or_number(value, name); }
  void UInt(std::uint32_t value, const char* name) override { word_or_number(value, name); }
  void Long(std::int64_t value) override { number(value); }
  void ULong(std::uint64_t value) override { number(value); }
  void String(const flatbuffers::String* value) override { append_string(text, *value); }

 private:
  template <std::integral Number>
  void number(Number value) {
    std::array<char, 24> digits{};
    text.append(digits.data(),
                std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }

  template <std::integral Number>
  void word_or_number(Number value, const char* name) {
    if (name == nullptr) return number(value);
    text.push_back('"');
    text += name;
    text.push_back('"');
  }
};

}  // namespace

std::string event_json(const EventView& event) {
  JsonWriter writer;
  flatbuffers::IterateObject(reinterpret_cast<const std::uint8_t*>(&event.event()),
                             fb::EventTypeTable(), &writer);
  return writer.text;
}

}  // namespace wattledger
