#include "coordinator/daemon/logging.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace wattledger::daemon {

Result<void> start_logging(const config::Config& config, bool quiet) {
  const std::filesystem::path file = config.logging.file.empty()
                                         ? config.data / "logs" / "master_coordinator.log"
                                         : config.logging.file;
  try {
    std::filesystem::create_directories(file.parent_path());
    auto screen = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    screen->set_pattern("%^%l%$ %v");
    if (quiet) screen->set_level(spdlog::level::warn);
    auto rotating = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.string(), config.logging.max_bytes, config.logging.files);
    rotating->set_pattern("%Y-%m-%d %H:%M:%S,%e - wattledgerd - %l - %v");
    auto logger =
        std::make_shared<spdlog::logger>("wattledgerd", spdlog::sinks_init_list{screen, rotating});
    logger->set_level(spdlog::level::from_str(config.logging.level));
    logger->flush_on(spdlog::level::info);  // few lines, and somebody may be following them
    spdlog::set_default_logger(std::move(logger));
  } catch (const std::exception& problem) {
    return fail(ErrorKind::io, "cannot write the text log " + file.string() + ": " + problem.what(),
                "set logging.file or make its directory writable");
  }
  return {};
}

}  // namespace wattledger::daemon
