// See proc_reader.h. Formats: proc(5), cgroups(7), pid_namespaces(7).
#include "host/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"

namespace host {
namespace {

constexpr size_t kFileLimit = 256 * 1024;  // the longest command line that is kept
constexpr size_t kNamespacesRemembered = 8192;
constexpr int kStartTimeField = 22;  // of /proc/PID/stat
constexpr int kFlagsField = 9;
constexpr int64_t kExitingFlag = 0x4;  // PF_EXITING of the kernel's task flags

std::optional<std::string> read_file(const std::string& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return std::nullopt;
  std::string out;
  std::array<char, 8192> buffer;
  while (out.size() < kFileLimit) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;  // ESRCH: it went away while being read
    if (got == 0) break;
    out.append(buffer.data(), static_cast<size_t>(got));
  }
  return out;
}

std::string read_link(const std::string& path) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return got < 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(got));
}

std::optional<int64_t> to_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<int64_t> to_numbers(std::string_view text) {
  std::vector<int64_t> out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    if (const auto value = to_number(text.substr(begin, end - begin))) out.push_back(*value);
    at = end;
  }
  return out;
}

std::vector<int64_t> numbered_entries(const std::string& directory) {
  std::vector<int64_t> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
  if (!dir) return out;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (const auto number = to_number(entry->d_name); number && *number > 0) out.push_back(*number);
  }
  return out;
}

// What is used of /proc/PID/status.
struct Status {
  std::string name;
  bool ended = false;  // a zombie
  int64_t tgid = -1;
  int64_t ppid = -1;
  std::vector<int64_t> uid, gid, ns_tgid, ns_pid, ns_pgid;
};

Status parse_status(std::string_view text) {
  Status status;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t colon = line.find(":\t");
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (key == "Name")
      status.name = value;
    else if (key == "State")
      status.ended = value.starts_with('Z') || value.starts_with('X');
    else if (key == "Tgid")
      status.tgid = to_number(value).value_or(-1);
    else if (key == "PPid")
      status.ppid = to_number(value).value_or(-1);
    else if (key == "Uid")
      status.uid = to_numbers(value);
    else if (key == "Gid")
      status.gid = to_numbers(value);
    else if (key == "NStgid")
      status.ns_tgid = to_numbers(value);
    else if (key == "NSpid")
      status.ns_pid = to_numbers(value);
    else if (key == "NSpgid")
      status.ns_pgid = to_numbers(value);
  }
  return status;
}

// The ids in `status`, for the thread `tid`.
void take_status(const Status& status, int64_t tid, ThreadData& data) {
  data.tid = tid;
  data.pid = status.tgid >= 0 ? status.tgid : tid;
  data.ptid = status.ppid;
  data.comm = status.name;
  data.vtid = status.ns_pid.empty() ? tid : status.ns_pid.back();
  data.vpid = status.ns_tgid.empty() ? data.pid : status.ns_tgid.back();
  if (!status.ns_pgid.empty()) {
    data.pgid = status.ns_pgid.front();
    data.vpgid = status.ns_pgid.back();
  }
  if (status.uid.size() > 1) data.uid = static_cast<uint32_t>(status.uid[1]);  // effective
  if (status.gid.size() > 1) data.gid = static_cast<uint32_t>(status.gid[1]);
}

uint64_t boot_time_ns(const std::string& proc) {
  const std::string text = read_file(proc + "/stat").value_or("");
  const size_t at = text.find("\nbtime ");
  if (at == std::string::npos) return 0;
  const std::string_view rest = std::string_view(text).substr(at + 7);
  const int64_t seconds = to_number(rest.substr(0, rest.find('\n'))).value_or(0);
  return static_cast<uint64_t>(seconds) * 1'000'000'000u;
}

}  // namespace

std::vector<CgroupPath> parse_cgroup_file(std::string_view text) {
  std::vector<CgroupPath> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string path(line.substr(second + 1));
    std::string_view subsystems = line.substr(first + 1, second - first - 1);
    if (subsystems.empty()) {
      out.push_back({"cgroup2", path});
      continue;
    }
    while (true) {
      const size_t comma = subsystems.find(',');
      out.push_back({std::string(subsystems.substr(0, comma)), path});
      if (comma == std::string_view::npos) break;
      subsystems.remove_prefix(comma + 1);
    }
  }
  return out;
}

ProcReader::ProcReader(const std::string& host_root)
    : proc_(host_root + "/proc"), boot_ns_(boot_time_ns(proc_)), init_start_(start_ts(1)) {}

base::Status ProcReader::check() const {
  struct stat info {};
  const std::string stat_file = proc_ + "/stat";
  if (::stat(stat_file.c_str(), &info) != 0) {
    return base::Error{
        fmt::format("{} is not a proc file system: {}: {}; set HOST_ROOT to where the host's "
                    "root directory is mounted",
                    proc_, stat_file, std::strerror(errno))};
  }
  return base::Ok{};
}

std::string ProcReader::path(int64_t pid, const char* file) const {
  return fmt::format("{}/{}/{}", proc_, pid, file);
}

std::vector<int64_t> ProcReader::pids() const {
  return numbered_entries(proc_);
}
std::vector<int64_t> ProcReader::tids(int64_t pid) const {
  return numbered_entries(path(pid, "task"));
}

std::optional<ThreadData> ProcReader::process(int64_t pid) {
  ThreadData data;
  data.cgroups = parse_cgroup_file(read_file(path(pid, "cgroup")).value_or(""));
  data.cwd = read_link(path(pid, "cwd"));
  data.exe_path = read_link(path(pid, "exe"));

  const std::string line = read_file(path(pid, "cmdline")).value_or("");
  std::string_view rest = line;
  bool first = true;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    if (first)
      data.exe = rest.substr(0, end);
    else
      data.args.emplace_back(rest.substr(0, end));
    first = false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  // Read last: the kernel moves a process that ends to the root cgroup, so what was read above counts only if
  // the process was still there afterwards.
  const auto text = read_file(path(pid, "status"));
  if (!text) return std::nullopt;
  const Status status = parse_status(*text);
  if (status.ended || is_exiting(pid, data.cgroups)) return std::nullopt;
  take_status(status, pid, data);
  if (data.exe.empty()) data.exe = data.comm;  // kernel threads
  data.pidns_init_start_ts = pidns_init_start(pid, status.ns_pid);
  return data;
}

std::string ProcReader::name(int64_t pid) const {
  std::string text = read_file(path(pid, "comm")).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::optional<ThreadData> ProcReader::thread(const ThreadData& process, int64_t tid) const {
  const auto text = read_file(fmt::format("{}/{}/task/{}/status", proc_, process.pid, tid));
  if (!text) return std::nullopt;
  ThreadData data = process;
  take_status(parse_status(*text), tid, data);
  return data;
}

std::optional<int64_t> ProcReader::stat_number(int64_t pid, int wanted) const {
  const std::string text = read_file(path(pid, "stat")).value_or("");
  const size_t name_end = text.rfind(')');  // the name may hold anything, blanks and brackets too
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(name_end + 1);
  for (int field = 3; field < wanted; ++field) {
    const size_t blank = rest.find(' ', 1);
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank);
  }
  rest.remove_prefix(std::min<size_t>(1, rest.size()));
  return to_number(rest.substr(0, rest.find(' ')));
}

// Between leaving its cgroups and being a zombie a process looks like one of the root cgroup.
bool ProcReader::is_exiting(int64_t pid, const std::vector<CgroupPath>& cgroups) const {
  const bool in_root = std::all_of(cgroups.begin(), cgroups.end(),
                                   [](const CgroupPath& cgroup) { return cgroup.path == "/"; });
  return in_root && (stat_number(pid, kFlagsField).value_or(0) & kExitingFlag) != 0;
}

uint64_t ProcReader::start_ts(int64_t pid) const {
  const auto ticks = boot_ns_ != 0 ? stat_number(pid, kStartTimeField) : std::nullopt;
  if (!ticks || *ticks < 0) return 0;
  const auto per_second = static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  return boot_ns_ + static_cast<uint64_t>(*ticks) * (1'000'000'000u / per_second);
}

void ProcReader::learn_pid_namespaces() {
  for (const int64_t pid : pids()) {
    const auto text = read_file(path(pid, "status"));
    if (!text) continue;
    const Status status = parse_status(*text);
    if (status.ns_pid.size() > 1 && status.ns_pid.back() == 1) pidns_init_start(pid, status.ns_pid);
  }
}

uint64_t ProcReader::pidns_init_start(int64_t pid, const std::vector<int64_t>& ns_pids) {
  if (ns_pids.size() <= 1) return init_start_;
  const std::string ns = read_link(path(pid, "ns/pid"));
  if (ns.empty()) return 0;
  if (pidns_starts_.size() > kNamespacesRemembered) pidns_starts_.clear();
  if (ns_pids.back() == 1) return pidns_starts_[ns] = start_ts(pid);
  if (const auto found = pidns_starts_.find(ns); found != pidns_starts_.end()) return found->second;
  pidns_starts_[ns] = 0;
  learn_pid_namespaces();
  return pidns_starts_[ns];
}

}  // namespace host
