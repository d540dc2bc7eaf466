#include "tests/replay/tool.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {
namespace {

std::string read_all(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void redirect(const char* file, int flags, int to) {
  const int fd = ::open(file, flags, 0600);
  if (fd < 0 || ::dup2(fd, to) < 0) ::_exit(126);
  ::close(fd);
}

}  // namespace

std::vector<std::string> ToolRun::lines() const {
  std::vector<std::string> result;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

std::vector<nlohmann::json> ToolRun::json_lines() const {
  std::vector<nlohmann::json> result;
  for (const std::string& line : lines()) {
    result.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
    INFO(line);
    CHECK_FALSE(result.back().is_discarded());
  }
  return result;
}

bool ToolRun::one_error_line() const {
  return err.rfind("wattledger: ", 0) == 0 && err.find('\n') == err.size() - 1;
}

ToolRun run_tool(const std::vector<std::string>& arguments, const std::filesystem::path& in,
                 const std::filesystem::path& to, const Environment& environment) {
  const MemoryDirectory scratch;
  const std::string out = to.empty() ? (scratch / "out").string() : to.string();
  const std::string err = scratch / "err";
  const std::filesystem::path own = scratch / "cwd";
  std::filesystem::create_directory(own);
  const std::string cwd = in.empty() ? own.string() : in.string();
  std::vector<std::string> words = {WATTLEDGER_TOOL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(out.c_str(), O_WRONLY | O_CREAT, STDOUT_FILENO);
    redirect(err.c_str(), O_WRONLY | O_CREAT, STDERR_FILENO);
    if (::chdir(cwd.c_str()) != 0) ::_exit(126);
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) ::unsetenv(variable);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ToolRun run;
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (to.empty()) run.out = read_all(out);
  run.err = read_all(err);
  return run;
}

}  // namespace wattledger::testing
