// Containers to start: what each kind needs before the first one, the command that starts the n-th, and how
// they are got rid of. Containers end by themselves after about half a second. Main thread, except for
// command(), which the launcher's thread calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/race/tally.h"
#include "support/temp_dir.h"

namespace bench::race {

class Load {
 public:
  virtual ~Load() = default;

  // As in the table.
  virtual const std::string& name() const = 0;
  // The plugin's name of its engine and that engine's socket; both "" when there is none.
  virtual std::string engine() const = 0;
  virtual std::string socket() const = 0;

  // Installs and starts what is needed. The error is the reason why this load cannot be had here.
  virtual base::Status prepare() = 0;
  // The command that starts a container of this name. It may return at once or when the container has ended.
  virtual std::vector<std::string> command(const std::string& container) = 0;
  // The container's full id, out of what the command printed; "" when that is none.
  virtual std::string full_id(const std::string& container, const std::string& printed) const = 0;
  // What is true of a container, for Start.
  virtual Answers truth(const std::string& container, const std::string& full_id) const = 0;
  // Waits until the containers of the last run are gone, then removes what is left.
  virtual void settle() = 0;
};

// The first characters of an id that container.id shows.
std::string shown_id(const std::string& full_id);

std::unique_ptr<Load> make_docker_load();
std::unique_ptr<Load> make_podman_load();
std::unique_ptr<Load> make_containerd_load();

// What a runtime started by hand is given.
struct RuntimeVariant {
  std::string name;
  std::string program;               // "runc", "crun"
  std::vector<std::string> options;  // before `run`
  bool like_cri;  // id, cgroup path and annotations as containerd's CRI plugin writes them; else plain
};
std::unique_ptr<Load> make_runtime_load(RuntimeVariant variant);

// Every load that starts real containers, in the table's order.
std::vector<std::string> load_names();
// nullptr for a name that is none of them.
std::unique_ptr<Load> make_load(const std::string& name);

}  // namespace bench::race
