// See load.h: containers of real engines, each private in a directory of its own (scripts/engines).
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "bench/race/load.h"
#include "bench/race/truth.h"
#include "support/eventually.h"
#include "support/real_engine.h"

namespace bench::race {
namespace {

constexpr const char* kImage = "example.test/team/enginetest:1.0";  // of the engines' scripts
constexpr std::chrono::seconds kPatience{30};

// A directory of the private engine, and where an engine of that kind has it by default: the plugin looks
// there.
struct StateDirectory {
  std::string own;  // below the engine's directory
  std::string usual;
};

struct EngineKind {
  std::string name;
  std::vector<std::string> run;     // before the options that all have in common
  std::vector<std::string> list;    // prints one line a container
  std::vector<std::string> remove;  // before the containers' names
  bool prints_id;                   // else the container's name is its id
  std::vector<StateDirectory> state;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

class EngineLoad final : public Load {
 public:
  explicit EngineLoad(EngineKind kind) : kind_(std::move(kind)) {}
  ~EngineLoad() override {
    if (engine_ == nullptr) return;
    remove_all();
    hide_state();
  }

  const std::string& name() const override { return kind_.name; }
  std::string engine() const override { return kind_.name; }
  std::string socket() const override { return engine_->socket(); }

  base::Status prepare() override {
    auto engine = support::RealEngine::start(kind_.name);
    if (!engine) return base::Error{engine.error()};
    engine_ = std::move(*engine);
    // The script itself takes longer to start a container than the engine does.
    auto prefix = engine_->script({"prefix"});
    if (!prefix) return base::Error{prefix.error()};
    prefix_ = split(*prefix, '\0');
    return show_state();
  }

  std::vector<std::string> command(const std::string& container) override {
    std::vector<std::string> out = prefix_;
    out.insert(out.end(), kind_.run.begin(), kind_.run.end());
    if (kind_.prints_id) {
      out.insert(out.end(), {"--name", container, kImage});
    } else {
      out.insert(out.end(), {"--runc-root", engine_->directory() + "/state/runc", kImage, container});
    }
    out.insert(out.end(), {"sh", "-c", marked_command(container)});
    return out;
  }

  std::string full_id(const std::string& container, const std::string& printed) const override {
    if (!kind_.prints_id) return container;
    return std::string(find_key(printed));
  }

  Answers truth(const std::string& container, const std::string& full_id) const override {
    return {shown_id(full_id), container, kImage};
  }

  void settle() override {
    if (!support::eventually([this] { return left().empty(); }, kPatience)) remove_all();
  }

 private:
  std::vector<std::string> left() {
    const auto listed = engine_->cli(kind_.list);
    return listed ? split(*listed, '\n') : std::vector<std::string>();
  }

  void remove_all() {
    const std::vector<std::string> names = left();
    if (names.empty()) return;
    std::vector<std::string> all = kind_.remove;
    all.insert(all.end(), names.begin(), names.end());
    (void)engine_->cli(all).ok();
  }

  // Seen in this program's mount namespace only.
  base::Status show_state() {
    for (const StateDirectory& directory : kind_.state) {
      const std::string own = engine_->directory() + directory.own;
      std::error_code error;
      if (!std::filesystem::exists(own, error)) continue;
      for (std::filesystem::path path = directory.usual; !std::filesystem::exists(path, error);
           path = path.parent_path()) {
        made_.push_back(path);
      }
      std::filesystem::create_directories(directory.usual, error);
      if (::mount(own.c_str(), directory.usual.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return base::Error{"cannot mount " + own + " at " + directory.usual};
      mounted_.push_back(directory.usual);
    }
    return base::Ok{};
  }

  void hide_state() {
    for (const std::string& path : mounted_) ::umount2(path.c_str(), MNT_DETACH);
    std::sort(made_.begin(), made_.end(), [](const auto& a, const auto& b) { return a > b; });
    std::error_code ignored;
    for (const std::filesystem::path& path : made_) std::filesystem::remove(path, ignored);
  }

  EngineKind kind_;
  std::unique_ptr<support::RealEngine> engine_;
  std::vector<std::string> prefix_;
  std::vector<std::string> mounted_;
  std::vector<std::filesystem::path> made_;
};

}  // namespace

// Without networks: they cost more than all the rest, and say nothing about name and image.
std::unique_ptr<Load> make_docker_load() {
  return std::make_unique<EngineLoad>(EngineKind{
      "docker",
      {"run", "-d", "--rm", "--network", "none"},
      {"ps", "-a", "-q"},
      {"rm", "-f", "-v"},
      true,
      {{"/docker", "/var/lib/docker"}, {"/exec/containerd/daemon", "/run/docker/containerd/daemon"}}});
}

std::unique_ptr<Load> make_podman_load() {
  return std::make_unique<EngineLoad>(
      EngineKind{"podman",
                 {"run", "-d", "--rm", "--network", "none"},
                 {"ps", "-a", "-q"},
                 {"rm", "-f", "-t", "0"},
                 true,
                 {{"/storage", "/var/lib/containers/storage"}, {"/run", "/run/containers/storage"}}});
}

std::unique_ptr<Load> make_containerd_load() {
  return std::make_unique<EngineLoad>(
      EngineKind{"containerd",
                 {"run", "--rm", "--null-io"},
                 {"containers", "list", "-q"},
                 {"containers", "rm"},
                 false,
                 {{"/root", "/var/lib/containerd"}, {"/state", "/run/containerd"}}});
}

}  // namespace bench::race
