// Compares a released schema with today's by their reflection: what was released must be there,
// unchanged.
#pragma once

#include <flatbuffers/reflection.h>

#include <filesystem>
#include <string>
#include <vector>

namespace wattledger::testing {

// A binary schema read from a file or made from .fbs text by flatc. Throws std::runtime_error with
// flatc's own message.
class BinarySchema {
 public:
  static BinarySchema read(const std::filesystem::path& bfbs);
  static BinarySchema compile(const std::filesystem::path& fbs);
  [[nodiscard]] const reflection::Schema& schema() const {
    return *reflection::GetSchema(bytes_.data());
  }

 private:
  explicit BinarySchema(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

// A line per thing of `released` that `today` lacks or has otherwise: "wattledger.fb.Event.cause:
// id was 4, is 5".
[[nodiscard]] std::vector<std::string> breaking_changes(const reflection::Schema& released,
                                                        const reflection::Schema& today);

// What `flatc --conform` says; empty when it is content.
[[nodiscard]] std::string conform_complaint(const std::filesystem::path& released_fbs,
                                            const std::filesystem::path& today_fbs);

}  // namespace wattledger::testing
