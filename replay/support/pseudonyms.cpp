#include "replay/support/pseudonyms.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') || c == '_'; }
// Bytes of UTF-8 beyond ASCII belong to words too.
bool is_bound(char c) { return !is_word(c) && static_cast<unsigned char>(c) < 0x80U; }
bool is_token(char c) { return is_word(c) || c == '.' || c == ':' || c == '@' || c == '-'; }

bool is_ipv4(std::string_view text) {
  int groups = 1, digits = 0;
  for (const char c : text) {
    if (c == '.' && digits > 0) {
      ++groups;
      digits = 0;
    } else if (!is_digit(c) || ++digits > 3) {
      return false;
    }
  }
  return groups == 4 && digits > 0;
}

// Or a MAC. A time of day has two colons and no empty group.
bool is_ipv6_or_mac(std::string_view text) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  return std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c) || c == ':'; }) &&
         (colons == 7 || colons == 5 || (colons >= 2 && text.find("::") != std::string_view::npos));
}

bool is_unique_id(std::string_view text) {
  std::string bare;
  for (const char c : text)
    if (c != '-') bare += c;
  return bare.size() == 32 && std::all_of(bare.begin(), bare.end(), is_hex);
}

// GoodWe's, as 9010KETU213W0001: 16 of them; other makes' are like it.
bool is_serial(std::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  const auto letters = std::count_if(text.begin(), text.end(), is_upper);
  return text.size() >= 12 && text.size() <= 20 && digits >= 6 && letters >= 3 &&
         static_cast<std::size_t>(digits + letters) == text.size();
}

bool is_number(std::string_view text) {
  return !text.empty() && std::any_of(text.begin(), text.end(), is_digit) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || c == '.' || c == '-'; });
}

bool tells_nothing(std::string_view value) {
  return value.size() < 2 || value == "localhost" || value == "::1" || value == "0.0.0.0" ||
         value.rfind("127.", 0) == 0;
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return small;
}

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_place_word(std::string_view word) {
  return is_one_of(std::array<std::string_view, 6>{"latitude", "longitude", "lat", "lon",
                                                   "latitude_e6", "longitude_e6"},
                   word);
}

bool is_secret_word(std::string_view word) {
  return is_one_of(
      std::array<std::string_view, 9>{"token", "securitytoken", "password", "passwd", "secret",
                                      "apikey", "api_key", "authorization", "bearer"},
      word);
}

// The sort of thing a member of an event or of a report holds, by what it is called.
std::string_view sort_of(std::string_view member) {
  if (member == "site") return "site";
  if (member == "serial" || member == "device_serial") return "serial";
  if (member == "host" || member == "hostname") return "host";
  if (member == "source_name" || member == "user") return "user";
  if (member == "station" || is_place_word(member)) return "place";
  return {};
}

// The sort that a token tells of by its looks; empty if none.
std::string_view sort_by_looks(std::string_view token) {
  if (tells_nothing(token)) return {};
  if (is_ipv4(token) || is_ipv6_or_mac(token)) return "host";
  if (is_unique_id(token)) return "id";
  if (is_serial(token)) return "serial";
  const std::size_t at = token.find('@');
  return at != std::string_view::npos && at != 0 ? "mail" : std::string_view();
}

// One pass over a text, word by word.
class TextCleaner {
 public:
  TextCleaner(const Pseudonyms& names, std::string_view text) : names_(names), rest_(text) {}

  std::string cleaned() {
    while (!rest_.empty()) {
      if (is_token(rest_.front()))
        take_token();
      else
        take_mark();
    }
    return std::move(clean_);
  }

 private:
  template <class Is>
  std::string_view take(Is is_member) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_member);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void take_mark() {
    if (rest_.front() == '\n') before_.clear();
    clean_ += rest_.front();
    rest_.remove_prefix(1);
    for (const std::string_view users : {"/home/", "/Users/", "/media/"})
      if (clean_.size() >= users.size() &&
          std::string_view(clean_).substr(clean_.size() - users.size()) == users)
        return take_user();
  }

  void take_user() {
    const auto user = take([](char c) { return !is_bound(c) || c == '.' || c == '-'; });
    if (!user.empty()) clean_ += names_.name("user", user);
  }

  void take_token() {
    if (is_secret_word(before_) && lower(rest_.substr(0, 7)) != "bearer ") {
      take([](char c) {
        return std::string_view(" \t\n\"',;}&").find(c) == std::string_view::npos;
      });
      clean_ += "(left out)";
      before_.clear();
      return;
    }
    std::string_view token = take(is_token);
    if (token.back() == ':' && rest_.rfind("//", 0) == 0) {  // a URL may hold anything
      const auto url = take(
          [](char c) { return std::string_view(" \t\n\"'<>").find(c) == std::string_view::npos; });
      clean_ += std::string(token) + "//" + names_.name("url", url);
      return;
    }
    const std::size_t end = token.find_last_not_of(".:");
    const std::string_view tail = token.substr(end == std::string_view::npos ? 0 : end + 1);
    token.remove_suffix(tail.size());
    clean_ += instead_of(token);
    clean_ += tail;
    before_ = lower(token);
  }

  [[nodiscard]] std::string instead_of(std::string_view token) const {
    if (is_place_word(before_) && is_number(token)) return names_.name("place", token);
    // An address may have its port behind it.
    const std::size_t colon = token.rfind(':');
    const std::string_view host = token.substr(0, colon == std::string_view::npos ? 0 : colon);
    // "the inverter at goodwe.lan:502"
    const bool named =
        before_ == "at" &&
        std::any_of(host.begin(), host.end(), [](char c) { return is_word(c) && !is_digit(c); }) &&
        is_number(token.substr(host.size() + 1));
    const bool port = is_ipv4(host) || named;
    const std::string_view bare = port ? host : token;
    const std::string_view sort = named && !tells_nothing(bare) ? "host" : sort_by_looks(bare);
    return sort.empty() ? std::string(token)
                        : names_.name(sort, bare) + std::string(token.substr(bare.size()));
  }

  const Pseudonyms& names_;
  std::string_view rest_;
  std::string clean_;
  std::string before_;  // the word before this one, in small letters
};

void clean_json(const Pseudonyms& names, Json& json) {
  if (json.is_string()) json = names.cleaned(json.get<std::string>());
  for (auto member = json.begin(); json.is_structured() && member != json.end(); ++member) {
    const std::string_view sort = json.is_object() ? sort_of(member.key()) : std::string_view();
    const bool held =
        member->is_number() || (member->is_string() && !member->get<std::string>().empty());
    if (sort.empty() || !held)
      clean_json(names, *member);
    else
      *member = names.name(sort, member->is_string() ? member->get<std::string>() : member->dump());
  }
}

}  // namespace

std::string Pseudonyms::name(std::string_view sort, std::string_view value) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(value.data()), value.size(), digest.data(), &size);
  std::string text = std::string(sort) + "-";
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::size_t bytes = 6;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += hex[digest[i] >> 4U];
    text += hex[digest[i] & 0xFU];
  }
  return text;
}

void Pseudonyms::hide(std::string_view sort, std::string_view value) {
  if (!tells_nothing(value)) known_.emplace(value, name(sort, value));
}

void Pseudonyms::replace_known(std::string& text) const {
  // From the end of the order: of two values, one the other's beginning, the longer comes first.
  for (auto known = known_.rbegin(); known != known_.rend(); ++known) {
    const auto& [value, instead] = *known;
    for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
      const std::size_t end = at + value.size();
      const bool alone = (at == 0 || is_bound(text[at - 1]) || is_bound(value.front())) &&
                         (end == text.size() || is_bound(text[end]) || is_bound(value.back()));
      if (alone) text.replace(at, value.size(), instead);
      at += alone ? instead.size() : 1;
    }
  }
}

std::string Pseudonyms::cleaned(std::string_view given) const {
  std::string text(given);
  replace_known(text);
  return TextCleaner(*this, text).cleaned();
}

std::optional<std::string> Pseudonyms::cleaned_json(std::string_view text) const {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  clean_json(*this, json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wattledger::tool
