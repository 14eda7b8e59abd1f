/// sloy: trains, evaluates and uses networks from the command line.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "commands.h"
#include "console.h"
#include "option_words.h"
#include "usage.h"

namespace sloy::cli {
namespace {

std::string version_text() {
  About it = about();
  return fmt::format("sloy {} ({})\ncompiler  {}\noneDNN    {}\ncpu       {}, {} thread{}",
                     it.version, it.commit, it.compiler, it.onednn, it.cpu, it.threads,
                     it.threads == 1 ? "" : "s");
}

/// Says it, and gives what the program exits with.
int report(const Error& error, const std::string& text) {
  complain(text);
  if (dynamic_cast<const NumericError*>(&error)) return diverged;
  return dynamic_cast<const DiskFullError*>(&error) ? failed : misused;
}

int run(int argc, char** argv) {
  CLI::App app{"Trains neural networks, without Python.", "sloy"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text);
  app.footer(
      "Examples:\n"
      "  sloy train --model cnn --data fashion-mnist\n"
      "  sloy eval runs/…/model.safetensors --data fashion-mnist\n"
      "\n`sloy COMMAND --help` tells about a command.");
  Action chosen;
  add_train(app, chosen);
  add_eval(app, chosen);
  add_predict(app, chosen);
  add_summary(app, chosen);
  add_plan(app, chosen);
  add_bench(app, chosen);
  add_data(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked, std::cout, std::cerr);
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, error);
  }
  try {
    return chosen();
  } catch (const Error& error) {
    const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
    const bool is_by_options = describes_data_by_options(app, arguments);
    return report(error, is_by_options ? with_options(error.what()) : error.what());
  }
}

}  // namespace
}  // namespace sloy::cli

int main(int argc, char** argv) {
  using namespace sloy;
  cli::hold_closed_streams();
  // What can't be written then is an error, of which the program decides what becomes.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int code = cli::run(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    if (cli::nobody_reads()) return code;
    cli::complain("cannot write to standard output");
    return cli::failed;
  } catch (const cli::NobodyReads&) {
    return cli::done;
  } catch (const Error& error) {
    return cli::report(error, error.what());
  } catch (const std::bad_alloc&) {
    cli::complain(
        "there is not enough memory\n  to fix   take a smaller batch_size or model, which "
        "`sloy plan` tells the needs of, or less data");
    return cli::failed;
  } catch (const std::exception& error) {
    cli::complain(error.what());
    return cli::failed;
  }
}
