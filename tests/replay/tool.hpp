// Runs the real binary by fork and exec, without a shell and with nothing on its standard input.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace wattledger::testing {

struct ToolRun {
  int code = -1;
  std::string out;
  std::string err;
  [[nodiscard]] std::vector<std::string> lines() const;  // of out
  [[nodiscard]] std::vector<nlohmann::json> json_lines()
      const;                                  // fails the test on a line that is none
  [[nodiscard]] bool one_error_line() const;  // err is "wattledger: …\n", once
};

using Environment = std::vector<std::pair<std::string, std::string>>;

// In the directory `in`, a temporary one of its own when empty. Standard output goes to `to`, into
// ToolRun::out when empty.
// Its language is English, unless `environment` or an argument says otherwise.
ToolRun run_tool(const std::vector<std::string>& arguments, const std::filesystem::path& in = {},
                 const std::filesystem::path& to = {}, const Environment& environment = {});

}  // namespace wattledger::testing
