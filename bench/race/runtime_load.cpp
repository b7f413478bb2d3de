// See load.h: a runtime by hand, with bundles around one busybox.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "bench/race/bundle.h"
#include "bench/race/load.h"
#include "bench/race/truth.h"

namespace bench::race {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "example.test/team/bundle:1.0";

class RuntimeLoad final : public Load {
 public:
  explicit RuntimeLoad(RuntimeVariant variant) : variant_(std::move(variant)) {}
  ~RuntimeLoad() override {
    if (!prepared_) return;
    std::error_code ignored;
    if (!variant_.like_cri) return;
    // Empty by now, or rmdir refuses; their parents may be somebody else's.
    for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup", ignored)) {
      const fs::path pod = fs::path(hierarchy.path().string() + pod_cgroup("")).parent_path();
      for (fs::path path = pod; path != hierarchy.path() && path.string().size() > 1;
           path = path.parent_path()) {
        if (::rmdir(path.c_str()) != 0) break;
      }
    }
  }

  const std::string& name() const override { return variant_.name; }
  std::string engine() const override { return ""; }
  std::string socket() const override { return ""; }

  base::Status prepare() override {
    if (::geteuid() != 0) return base::Error{variant_.program + " needs root"};
    const std::string busybox = found("busybox");
    if (found(variant_.program).empty() || busybox.empty())
      return base::Error{"needs " + variant_.program + " and busybox-static"};
    std::error_code error;
    for (const char* directory : {"bin", "proc", "dev", "sys", "tmp"})
      fs::create_directories(work_ / "rootfs/" + directory, error);
    fs::copy_file(busybox, work_ / "rootfs/bin/busybox", error);
    for (const char* applet : {"sh", "true", "sleep"})
      fs::create_symlink("busybox", work_ / "rootfs/bin/" + applet, error);
    if (error) return base::Error{"cannot make a root file system: " + error.message()};
    prepared_ = true;
    return base::Ok{};
  }

  std::vector<std::string> command(const std::string& container) override {
    BundleSpec spec;
    spec.rootfs = work_ / "rootfs";
    spec.command = marked_command(container);
    const std::string id = full_id(container, "");
    if (variant_.like_cri) {
      spec.cgroups_path = pod_cgroup(id);
      spec.cri_name = container;
      spec.cri_image = kImage;
    }
    const std::string bundle = work_ / "b/" + id;
    // Without its bundle the start fails, and is counted as such.
    (void)write_bundle(bundle, spec).ok();
    std::vector<std::string> out{variant_.program};
    out.insert(out.end(), variant_.options.begin(), variant_.options.end());
    out.insert(out.end(), {"--root", work_ / "state", "run", "--bundle", bundle, id});
    return out;
  }

  std::string full_id(const std::string& container, const std::string&) const override {
    if (!variant_.like_cri) return container;
    // Names have five digits for the number and the run's number at the end.
    const std::string number = container.substr(container.find_first_of("0123456789"), 5);
    return hex_id(static_cast<unsigned>(std::stoul(number)), ::getpid());
  }

  Answers truth(const std::string& container, const std::string& full_id) const override {
    if (!variant_.like_cri) return {shown_id(full_id), "", ""};
    return {shown_id(full_id), container, kImage};
  }

  // They were run in the foreground: gone with their commands.
  void settle() override {}

 private:
  static std::string found(const std::string& program) {
    std::error_code error;
    for (const char* directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
      if (fs::exists(directory + program, error)) return directory + program;
    }
    return "";
  }

  RuntimeVariant variant_;
  support::TempDir work_;
  bool prepared_ = false;
};

}  // namespace

std::unique_ptr<Load> make_runtime_load(RuntimeVariant variant) {
  return std::make_unique<RuntimeLoad>(std::move(variant));
}

}  // namespace bench::race
