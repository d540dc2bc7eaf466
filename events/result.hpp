// What can go wrong, as a value. Every public function of wattledger that can fail returns Result<T>; assertions are for
// what cannot happen. No exception crosses a room's public header.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace wattledger {

// The closed set of kinds. Callers act on the kind; people read `what` and `remedy`.
enum class ErrorKind {
  invalid_input,  // the caller's or the owner's data is wrong
  not_found,      // named thing is not there
  conflict,       // somebody else was first (expected head, idempotency)
  corrupt,        // bytes we wrote are damaged
  foreign,        // bytes are intact but not ours to touch
  newer,          // written by a newer program
  locked,         // another process holds it
  poisoned,       // an earlier failure forbids going on until reopened
  full,           // a named limit, a queue, the map or the disk
  io,             // the operating system said no
  timed_out,      // no answer within the limit
  rejected,       // the device answered with an exception
  unsupported,    // known, but not by this program or device
};

// `what`: what happened, to what, where (file, sequence, register). `remedy`: what to do next; may be empty.
struct Error {
  ErrorKind kind = ErrorKind::invalid_input;
  std::string what;
  std::string remedy;

  // One line for a person: "what: remedy".
  [[nodiscard]] std::string line() const { return remedy.empty() ? what : what + "; " + remedy; }
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure fail(ErrorKind kind, std::string what, std::string remedy = {}) {
  return Failure(Error{kind, std::move(what), std::move(remedy)});
}

}  // namespace wattledger

// Returns the error of `expression` (a Result) from the enclosing function.
#define WATTLEDGER_TRY(expression)                                                           \
  do {                                                                                       \
    if (auto wattledger_tried = (expression); !wattledger_tried.has_value())                 \
      return ::wattledger::Failure(std::move(wattledger_tried).error());                     \
  } while (false)
