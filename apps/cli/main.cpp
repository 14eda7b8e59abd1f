/// sloy: trains, evaluates and uses networks from the command line.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands.h"
#include "console.h"

namespace sloy::cli {
namespace {

std::string version_text() {
  About it = about();
  return fmt::format("sloy {} ({})\ncompiler  {}\noneDNN    {}\ncpu       {}, {} threads",
                     it.version, it.commit, it.compiler, it.onednn, it.cpu, it.threads);
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
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? done : misused;
  }
  return chosen();
}

}  // namespace
}  // namespace sloy::cli

int main(int argc, char** argv) {
  using namespace sloy;
  try {
    return cli::run(argc, argv);
  } catch (const NumericError& error) {
    cli::complain(error.what());
    return cli::diverged;
  } catch (const ConfigError& error) {
    cli::complain(error.what());
    return cli::misused;
  } catch (const ShapeError& error) {
    cli::complain(error.what());
    return cli::misused;
  } catch (const FileError& error) {
    cli::complain(error.what());
    return cli::misused;
  } catch (const DataError& error) {
    cli::complain(error.what());
    return cli::misused;
  } catch (const std::exception& error) {
    cli::complain(error.what());
    return cli::failed;
  }
}
