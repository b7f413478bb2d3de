// A real container engine for tests, private in a directory of its own, run by scripts/engines/<name>.sh.
// Needs root and a Debian mirror. One test thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace support {

class RealEngine {
 public:
  // name: "docker", "podman", or any other script of that folder. Installs the packages, starts the daemon in
  // a new short directory and loads the test image (example.test/team/enginetest:1.0). The error says which
  // of these failed and what the script printed: reason enough to skip. So is an engine that the
  // environment's CONTAINER_ENGINES leaves out.
  // settings: the script's, as "ENGINE_SUITE=sid".
  static base::Result<std::unique_ptr<RealEngine>> start(const std::string& name,
                                                         std::vector<std::string> settings = {});
  ~RealEngine();  // down()
  RealEngine(const RealEngine&) = delete;
  RealEngine& operator=(const RealEngine&) = delete;

  const std::string& name() const { return name_; }
  const std::string& directory() const { return directory_.path(); }
  // Path of the API socket; "" when it has none.
  const std::string& socket() const { return socket_; }

  // Runs a container from the test image: `run NAME ARGS...` of the script (options, then "--" and a
  // command). Its id, or what the script printed on stderr.
  base::Result<std::string> run(const std::string& container, const std::vector<std::string>& args = {});
  // The engine's own command line tool; its stdout without the last newline.
  base::Result<std::string> cli(const std::vector<std::string>& args);
  // Any command of the script.
  base::Result<std::string> script(const std::vector<std::string>& args);
  // Starts the daemon again in the same directory, after kill_daemon().
  base::Status up();
  // Ends the daemon's process, not its containers. daemon: its name in the script's pid folder.
  base::Status kill_daemon(const std::string& daemon);
  void down();

 private:
  RealEngine(std::string name, std::vector<std::string> settings)
      : name_(std::move(name)), settings_(std::move(settings)) {}

  // A command of the script, with what it needs in its environment.
  std::vector<std::string> command(const std::vector<std::string>& args) const;
  // Starts the process that cleans up should this one be killed: engine_guard.sh.
  base::Status start_guard();

  std::string name_;
  std::vector<std::string> settings_;
  TempDir directory_;
  std::string socket_;
  bool up_ = false;
  base::UniqueFd guard_;  // its end is how the guard learns of ours
};

}  // namespace support
