#include "coordinator/config/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace wattledger::config {
namespace {

constexpr std::size_t secret_bytes_max = 4'096;
constexpr mode_t others = 077;

struct Closing {
  int fd;
  ~Closing() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

std::vector<std::string> secret_paths(const Config& config) {
  std::vector<std::string> paths = config.from_environment;
  const auto add = [&](std::string path) {
    if (std::find(paths.begin(), paths.end(), path) == paths.end())
      paths.push_back(std::move(path));
  };
  for (std::size_t i = 0; i < config.alerts.size(); ++i) {
    const AlertReceiver& receiver = config.alerts[i];
    const std::string path = "alerts[" + std::to_string(i + 1) + "].";
    if (!receiver.command.empty()) add(path + "command");
    if (!receiver.webhook.empty()) add(path + "webhook");
    if (!receiver.mqtt.empty()) add(path + "mqtt");
  }
  return paths;
}

bool holds_password(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view rest = address.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = rest.rfind('@');
  return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// What is drawn by lot has both cases and digits, or many digits: 20 of them in a row, or a UUID.
// Names have short words between hyphens.
bool looks_drawn(std::string_view word) {
  constexpr std::size_t shortest = 20;
  constexpr std::ptrdiff_t many_digits = 5;
  if (word.size() < shortest) return false;
  const auto digits = std::count_if(word.begin(), word.end(), is_digit);
  const bool upper = std::any_of(word.begin(), word.end(), is_upper);
  const bool lower = std::any_of(word.begin(), word.end(), is_lower);
  return (upper && lower && digits > 0) || ((upper || lower) && digits >= many_digits);
}

bool is_uuid(std::string_view word) {
  if (word.size() != 36) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = word[i];
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (hyphen ? c != '-' : !hex) return false;
  }
  return true;
}

template <class Is, class Each>
bool any_part(std::string_view text, Is between, Each found) {
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !between(text[i])) continue;
    if (found(text.substr(from, i - from))) return true;
    from = i + 1;
  }
  return false;
}

// "?token=x": a value that its own name tells is secret.
bool is_secret_field(std::string_view field) {
  constexpr std::array<std::string_view, 14> names = {
      "token",  "access_token", "auth_token", "auth", "key", "api_key", "api-key",
      "apikey", "secret",       "password",   "pass", "pwd", "sig",     "signature"};
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || equals + 1 == field.size()) return false;
  std::string name(field.substr(0, equals));
  for (char& c : name)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool holds_token(std::string_view address) {
  if (address.rfind("http://", 0) != 0 && address.rfind("https://", 0) != 0) return false;
  const std::string_view rest = address.substr(address.find("://") + 3);
  const std::size_t host = rest.find_first_of("/?#");
  if (host == std::string_view::npos) return false;
  const std::string_view path = rest.substr(host);
  const auto is_letter = [](char c) { return is_digit(c) || is_upper(c) || is_lower(c); };
  const auto ends_word = [&](char c) { return !is_letter(c) && c != '-' && c != '_'; };
  const auto ends_run = [&](char c) { return !is_letter(c); };
  const auto ends_field = [](char c) { return c == '?' || c == '&' || c == '#'; };
  return any_part(path, ends_word, is_uuid) || any_part(path, ends_run, looks_drawn) ||
         any_part(path, ends_field, is_secret_field);
}

Result<std::string> read_secret(const std::filesystem::path& file) {
  const Closing in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0 && errno == ENOENT)
    return fail(ErrorKind::not_found, "there is no file " + file.string(),
                "write the secret into it, and chmod 600 " + file.string());
  struct ::stat status {};
  if (in.fd < 0 || ::fstat(in.fd, &status) != 0)
    return fail(ErrorKind::io, file.string() + " cannot be read: " + std::strerror(errno),
                "check its owner and mode (ls -l " + file.string() + ")");
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::invalid_input, file.string() + " is no file",
                "name the file that holds the secret");
  if ((status.st_mode & others) != 0)
    return fail(ErrorKind::invalid_input, file.string() + " may be read by others than its owner",
                "chmod 600 " + file.string());
  std::array<char, secret_bytes_max> bytes{};
  const ssize_t length = ::read(in.fd, bytes.data(), bytes.size());
  if (length < 0)
    return fail(ErrorKind::io, file.string() + " cannot be read: " + std::strerror(errno),
                "check the disk");
  std::string_view text(bytes.data(), static_cast<std::size_t>(length));
  constexpr std::string_view space = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
  text = text.substr(0, text.find_first_of(space));
  if (text.empty())
    return fail(ErrorKind::invalid_input, file.string() + " holds no secret",
                "write it into the file, on one line");
  return std::string(text);
}

}  // namespace wattledger::config
