// Events of every kind, made and read by the schema's reflection (event.bfbs) alone. The code that
// flatc generates has no part in it, so that what both agree on is true, and a field that somebody
// adds to a schema is tested from that day on.
#pragma once

#include <flatbuffers/reflection.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "events/codec.hpp"

namespace wattledger::testing {

// Today's schema.
[[nodiscard]] const reflection::Schema& schema();

// Every kind of the union, in its order.
[[nodiscard]] std::vector<Kind> all_kinds();

// Where the values of a made event come from.
class Values {
 public:
  virtual ~Values() = default;
  virtual bool present() = 0;        // is this field set?
  virtual std::uint64_t bits() = 0;  // a number; as many low bits of it are taken as the field has
  virtual std::string text() = 0;    // a string
  virtual std::size_t length() = 0;  // of a vector
};

// Every field set, no two numbers alike.
class EveryField : public Values {
 public:
  bool present() override { return true; }
  std::uint64_t bits() override { return ++count_ * 0x0102'0304'0506'0709ULL; }
  std::string text() override { return "text " + std::to_string(++count_) + " \"ż\""; }
  std::size_t length() override { return 2; }

 private:
  std::uint64_t count_ = 0;
};

// The bytes of an event of `kind`, as `decode` wants them: padded, at an aligned address.
[[nodiscard]] std::vector<std::byte> make_event(Kind kind, Values& values);

// One scalar, string or struct member of an event. `bytes` is null for a scalar that stands at its
// default and is elided.
struct Leaf {
  std::string path;  // "fact.tried[1].rule"
  const reflection::Type* type;
  reflection::BaseType base;  // the element's for a vector's element
  std::int64_t absent_value;
  const std::uint8_t* bytes;
};

// What stands in a verified event: absent optional values, empty strings and empty vectors are not
// listed.
[[nodiscard]] std::vector<Leaf> leaves(std::span<const std::byte> event);

// The same as text, one "path = value" each.
[[nodiscard]] std::vector<std::string> leaf_lines(std::span<const std::byte> event);

// "fact.tried[1].rule" becomes "fact.tried[].rule".
[[nodiscard]] std::string without_indices(const std::string& path);

// Every path, without indices, that an event of `kind` can hold.
[[nodiscard]] std::set<std::string> schema_paths(Kind kind);
// Those of them that hold an enum.
[[nodiscard]] std::set<std::string> schema_enum_paths(Kind kind);

// The enum a leaf's value must belong to, or null: a plain number, a string, the union's own type.
[[nodiscard]] const reflection::Enum* enum_of(const reflection::Type& type,
                                              reflection::BaseType base);

}  // namespace wattledger::testing
