// See arguments.h. The only file that knows CLI11.
#include "tools/arguments.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <sstream>

#include "tools/commands/commands.h"

namespace tools {
namespace {

constexpr const char* kFooter = R"(
Examples:
  ctrmeta list
  ctrmeta run --duration 10 -p '%evt.time %container.name %proc.cmdline'
  ctrmeta watch | jq -r '.event + " " + .container.name'
  ctrmeta resolve 4711 /docker/0123456789abcdef...
  ctrmeta explain 4711
  ctrmeta doctor

Exit codes:
  0  fine
  1  failure while running
  2  wrong command line or configuration
  3  no container engine reachable
  4  no permission

Data goes to standard output, everything else to standard error.
Environment: HOST_ROOT prefixes every path that is opened (/proc, sockets, state on disk).)";

using Command = std::function<ExitCode(Console&)>;

void add_common(CLI::App& app, CommonOptions& options) {
  app.add_option("--config", options.config_file, "The plugin's init_config, a file with JSON")
      ->type_name("FILE");
  app.add_flag("-v,--verbose", options.verbose, "Tell on standard error what plugin and worker do");
}

void add_duration(CLI::App& app, std::optional<double>& seconds) {
  app.add_option("--duration", seconds, "End after so many seconds (default: when interrupted)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e9));
}

void add_timeout(CLI::App& app, double& seconds) {
  app.add_option("--timeout", seconds, "Wait so many seconds for engines to answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

void add_plugin_option(CLI::App& app, std::string& file) {
  app.add_option("--plugin", file, "The plugin (default: libcontainer.so beside this program)")
      ->type_name("FILE");
}

void add_run(CLI::App& app, Command& command) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* sub = app.add_subcommand("run", "Show process events of this machine with container metadata");
  sub->add_option("-p,--print", options->format, "Format of a line, in Falco's output syntax")
      ->type_name("FORMAT");
  sub->add_flag("--json", options->json, "One JSON object a line, with the fields of the format");
  sub->add_flag("-c,--containers-only", options->containers_only, "Leave out events of the host");
  add_duration(*sub, options->duration_s);
  add_plugin_option(*sub, options->plugin_file);
  add_common(*sub, options->common);
  sub->footer(
      "\nExamples:\n  ctrmeta run --duration 10\n  ctrmeta run -c -p '%evt.type %container.name "
      "%container.label[app]'\n  ctrmeta run --json -p '%container.id %proc.cmdline'\n\nA summary is "
      "printed at the end, on standard error. `ctrmeta fields` lists the fields.");
  sub->callback([options, &command] { command = [options](Console& c) { return run(*options, c); }; });
}

void add_list(CLI::App& app, Command& command) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* sub = app.add_subcommand("list", "List the containers of every engine");
  sub->add_flag("--json", options->json, "One array with the whole records");
  add_timeout(*sub, options->timeout_s);
  add_common(*sub, options->common);
  sub->footer(
      "\nExamples:\n  ctrmeta list\n  ctrmeta list --json | jq -r '.[].image'\n\nEngines that have nobody "
      "to ask (lxc, libvirt-lxc, bpm) are found by the cgroups of running processes.");
  sub->callback([options, &command] { command = [options](Console& c) { return list(*options, c); }; });
}

void add_watch(CLI::App& app, Command& command) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* sub = app.add_subcommand("watch", "Print container events as JSON lines as they happen");
  add_duration(*sub, options->duration_s);
  add_common(*sub, options->common);
  sub->footer(
      "\nExamples:\n  ctrmeta watch\n  ctrmeta watch --duration 60 | jq 'select(.event == "
      "\"removed\")'\n\nContainers that exist already are printed first. A record that changes is printed "
      "as added again.");
  sub->callback([options, &command] { command = [options](Console& c) { return watch(*options, c); }; });
}

void add_resolve(CLI::App& app, Command& command) {
  auto options = std::make_shared<ResolveOptions>();
  CLI::App* sub = app.add_subcommand("resolve", "Tell which container cgroup paths or processes belong to");
  sub->add_option("what", options->arguments, "Cgroup paths and process ids")
      ->required()
      ->type_name("PATH|PID");
  add_timeout(*sub, options->timeout_s);
  add_common(*sub, options->common);
  sub->footer(
      "\nExamples:\n  ctrmeta resolve $$\n  ctrmeta resolve "
      "/system.slice/docker-0123456789ab....scope\n\nOne line per argument: id, a tab and the engine, or "
      "the word host.");
  sub->callback([options, &command] { command = [options](Console& c) { return resolve(*options, c); }; });
}

void add_fields(CLI::App& app, Command& command) {
  auto options = std::make_shared<FieldsOptions>();
  CLI::App* sub = app.add_subcommand("fields", "List the fields that -p and Falco's rules can use");
  sub->add_flag("--json", options->json, "As a JSON array");
  add_plugin_option(*sub, options->plugin_file);
  add_common(*sub, options->common);
  sub->footer("\nExamples:\n  ctrmeta fields\n  ctrmeta fields --json | jq -r '.[].name'");
  sub->callback([options, &command] { command = [options](Console& c) { return fields(*options, c); }; });
}

void add_explain(CLI::App& app, Command& command) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* sub =
      app.add_subcommand("explain", "Tell why the container fields of a process are set or empty");
  sub->add_option("pid", options->pid, "The process")
      ->required()
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  add_timeout(*sub, options->timeout_s);
  add_common(*sub, options->common);
  sub->footer("\nExamples:\n  ctrmeta explain 4711\n  ctrmeta explain $$");
  sub->callback([options, &command] { command = [options](Console& c) { return explain(*options, c); }; });
}

void add_doctor(CLI::App& app, Command& command) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* sub =
      app.add_subcommand("doctor", "Check what container metadata needs here, and say what mends it");
  sub->add_option("what", options->what, "A process or container to follow from its thread to its values")
      ->type_name("PID|ID|NAME");
  sub->add_flag("--json", options->json, "As one JSON object");
  sub->add_option("--bundle", options->bundle_file, "Write a support archive (tar) without secrets")
      ->type_name("FILE");
  sub->add_flag("--with-labels", options->with_labels, "Put the values of labels into that archive, too");
  sub->add_option("--falco-config", options->falco_config, "Falco's main configuration file, below HOST_ROOT")
      ->type_name("FILE")
      ->capture_default_str();
  add_timeout(*sub, options->timeout_s);
  add_common(*sub, options->common);
  sub->footer(
      "\nExamples:\n  ctrmeta doctor\n  ctrmeta doctor 4711\n  ctrmeta doctor --bundle /tmp/doctor.tar "
      "my-web\n\n"
      "Exit code 0 when nothing is wrong, 1 when something is. Without --config it goes by what Falco's own "
      "configuration gives to the plugin, where there is one.");
  sub->callback([options, &command] { command = [options](Console& c) { return diagnose(*options, c); }; });
}

}  // namespace

ExitCode dispatch(int argc, const char* const* argv, Console& console) {
  CLI::App app("Container metadata of this machine, as Falco's container plugin sees it", "ctrmeta");
  app.set_version_flag("--version", CTRMETA_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  Command command;
  add_run(app, command);
  add_list(app, command);
  add_watch(app, command);
  add_resolve(app, command);
  add_explain(app, command);
  add_doctor(app, command);
  add_fields(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version are "errors" with code 0 here.
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for = app.exit(error, out, err) == 0;
    if (asked_for) {
      std::string text = out.str();
      while (text.ends_with('\n')) text.pop_back();
      console.data(text);
      return console.flush() || !console.failed() ? kFine : kRuntimeFailure;
    }
    console.error(error.what());
    console.note("Run with --help for more information.");
    return kUsage;
  }
  return command(console);
}

}  // namespace tools
