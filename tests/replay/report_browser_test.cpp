// wattledger audit report in a browser: on a phone, on paper, and with nothing asked of the
// network.
#include "tests/replay/report_house.hpp"
#include "tests/support/program.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

constexpr const char* browser = "/usr/bin/chromium";

bool is_there() {
  if (std::filesystem::exists(browser)) return true;
  MESSAGE("skipped: there is no " << browser);
  return false;
}

// A page shown in a frame of a width, which the frame's owner then measures.
constexpr const char* owner = R"(<!DOCTYPE html><html><body><iframe style="border:0;width:%WIDTH%px;
height:800px" srcdoc="%PAGE%"></iframe><script>
const frame = document.querySelector('iframe');
frame.onload = () => {
  const inner = frame.contentWindow, page = inner.document;
  const kept = [...page.styleSheets].flatMap(sheet => [...sheet.cssRules])
      .filter(rule => rule instanceof inner.CSSMediaRule && rule.media.mediaText == 'print')
      .flatMap(rule => [...rule.cssRules])
      .filter(rule => rule.style.breakInside == 'avoid').map(rule => rule.selectorText).join();
  document.title = JSON.stringify({
    width: page.documentElement.scrollWidth,
    charts: page.querySelectorAll('svg').length,
    cut: [...page.querySelectorAll('svg')].filter(svg => !kept || !svg.closest(kept)).length,
    requests: inner.performance.getEntriesByType('resource').map(each => each.name)});
};
</script></body></html>)";

class Browser {
 public:
  [[nodiscard]] nlohmann::json measured(const std::string& page, int width) const {
    std::string html = owner;
    put(html, "%WIDTH%", std::to_string(width));
    std::string quoted;
    for (const char c : page)
      quoted += c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
    put(html, "%PAGE%", quoted);
    const Ran ran = open({"--window-size=1200,1000", "--dump-dom"}, html);
    constexpr std::string_view title = "<title>";
    const auto begin = ran.out.find(title);
    REQUIRE(begin != std::string::npos);
    const auto end = ran.out.find("</title>", begin);
    return nlohmann::json::parse(ran.out.substr(begin + title.size(), end - begin - title.size()));
  }
  [[nodiscard]] std::size_t printed_pages(const std::string& page) const {
    const Ran ran = open({"--no-pdf-header-footer", "--print-to-pdf=" + at("page.pdf")}, page);
    const std::string pdf = content(at("page.pdf"));
    constexpr std::string_view mark = "/Type /Page";
    std::size_t count = 0;
    for (auto at = pdf.find(mark); at != std::string::npos; at = pdf.find(mark, at + 1))
      if (pdf[at + mark.size()] != 's') ++count;
    return count;
  }
  // What a page writes to the console, were there a script or a fault in it.
  [[nodiscard]] std::string complaints(const std::string& page) const {
    return open({"--enable-logging=stderr", "--dump-dom"}, page).err;
  }

 private:
  static void put(std::string& text, const std::string& mark, const std::string& value) {
    text.replace(text.find(mark), mark.size(), value);
  }
  // No network: the proxy is not there.
  [[nodiscard]] Ran open(std::vector<std::string> words, const std::string& html) const {
    std::ofstream(at("page.html"), std::ios::binary) << html;
    words.insert(words.begin(), {"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                                 "--no-first-run", "--disable-background-networking",
                                 "--disable-component-update", "--disable-sync",
                                 "--proxy-server=127.0.0.1:9", "--user-data-dir=" + at("browser")});
    words.push_back("file://" + at("page.html"));
    Ran ran = run(browser, words, home_.path());
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return ran;
  }
  [[nodiscard]] std::string at(const char* name) const { return (home_ / name).string(); }

  MemoryDirectory home_;
};

std::string with(const std::string& page, const std::string& more) {
  return std::string(page).insert(page.find("</body>"), more);
}

}  // namespace

TEST_SUITE("replay/audit report in a browser") {
  TEST_CASE(
      "nothing to scroll sideways on a phone, no request, no complaint, no chart cut on paper") {
    if (!is_there()) return;
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, 8 * day_s});
    house.close();
    const Browser shown;
    for (const char* language : {"en", "pl"}) {
      INFO(std::string(language));
      const std::string page = page_of(house, "2025-10", {"--language", language});
      const auto phone = shown.measured(page, 390);
      INFO(phone.dump());
      CHECK(phone["width"] == 390);
      CHECK(phone["requests"].empty());
      CHECK(phone["charts"] == Page(page).charts);
      CHECK(phone["cut"] == 0);
      CHECK(shown.measured(page, 1'100)["width"] == 1'100);
      CHECK_FALSE(holds(shown.complaints(page), "CONSOLE"));
      const std::size_t pages = shown.printed_pages(page);
      CHECK(pages >= 3);
      CHECK(pages <= 6);
    }
  }

  TEST_CASE("each of these would be noticed") {
    if (!is_there()) return;
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, hour_s});
    house.close();
    const std::string page = page_of(house);
    const Browser shown;
    const auto bad = shown.measured(
        with(page, R"(<img src="http://192.0.2.1/a.png"/><div style="width:500px">wide</div>)"),
        390);
    INFO(bad.dump());
    CHECK(bad["width"] > 390);
    CHECK(bad["requests"].size() == 1);
    CHECK(holds(shown.complaints(with(page, "<script>console.log('here')</script>")), "CONSOLE"));
  }
}
