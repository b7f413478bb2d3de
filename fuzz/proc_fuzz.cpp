// What our host reads of the kernel's: messages of the process connector, and /proc of one process, whose
// files hold parts of the input.
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "host/proc_connector.h"
#include "host/proc_reader.h"

namespace {

// A directory in memory, that goes with the program.
class Proc {
 public:
  Proc() {
    std::string name = "/dev/shm/container-proc-fuzz-XXXXXX";
    fuzz::check(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    std::filesystem::create_directories(name + "/proc/1/task/1");
    std::filesystem::create_directories(name + "/proc/1/ns");
    std::filesystem::create_directories(name + "/proc/self");
  }
  ~Proc() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  void write(const char* file, std::string_view text) const {
    std::ofstream(root_ + "/proc/" + file, std::ios::binary | std::ios::trunc) << text;
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Proc proc;
  for (const auto& event : host::parse_process_messages(data, size)) fuzz::check(event.tid <= INT32_MAX);
  const auto paths = host::parse_cgroup_file({reinterpret_cast<const char*>(data), size});
  fuzz::check(paths.size() <= size);

  fuzz::Input input(data, size);
  if (input.byte() % 4 != 0) return 0;  // files take long
  for (const char* file : {"1/stat", "1/status", "1/cgroup", "1/cmdline", "1/comm", "1/task/1/status"}) {
    proc.write(file, input.long_text());
  }
  proc.write("stat", input.rest());
  host::ProcReader reader(proc.root());
  reader.learn_pid_namespaces();
  if (const auto process = reader.process(1)) reader.thread(*process, 1);
  reader.name(1);
  return 0;
}
