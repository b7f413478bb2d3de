#include "event_maker.h"

#include <libsinsp/sinsp.h>

#include <cstring>
#include <sstream>

namespace sinsp_host {
namespace {

using scenarios::What;

struct Type {
  What what;
  uint16_t number;
};
constexpr Type kTypes[] = {
    {What::kOther, PPME_SYSCALL_CHDIR_X},          {What::kClone, PPME_SYSCALL_CLONE_20_X},
    {What::kFork, PPME_SYSCALL_FORK_20_X},         {What::kVfork, PPME_SYSCALL_VFORK_20_X},
    {What::kClone3, PPME_SYSCALL_CLONE3_X},        {What::kExecve16, PPME_SYSCALL_EXECVE_16_X},
    {What::kExecve17, PPME_SYSCALL_EXECVE_17_X},   {What::kExecve18, PPME_SYSCALL_EXECVE_18_X},
    {What::kExecve19, PPME_SYSCALL_EXECVE_19_X},   {What::kExecveat, PPME_SYSCALL_EXECVEAT_X},
    {What::kChroot, PPME_SYSCALL_CHROOT_X},        {What::kProcexit, PPME_PROCEXIT_1_E},
    {What::kContainer, PPME_ASYNCEVENT_E},         {What::kContainerRemoved, PPME_ASYNCEVENT_E},
    {What::kContainerJson, PPME_CONTAINER_JSON_E}, {What::kContainerJson2, PPME_CONTAINER_JSON_2_E},
    {What::kContainerOld, PPME_CONTAINER_E},
};

template <typename T>
std::string number_value(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

size_t size_of(ppm_param_type type) {
  switch (type) {
    case PT_INT8:
    case PT_UINT8:
    case PT_FLAGS8:
    case PT_ENUMFLAGS8:
    case PT_SIGTYPE:
    case PT_BOOL:
      return 1;
    case PT_INT16:
    case PT_UINT16:
    case PT_FLAGS16:
      return 2;
    case PT_INT32:
    case PT_UINT32:
    case PT_FLAGS32:
    case PT_ENUMFLAGS32:
    case PT_UID:
    case PT_GID:
    case PT_MODE:
      return 4;
    case PT_CHARBUF:
    case PT_FSPATH:
    case PT_FSRELPATH:
      return 1;  // the NUL of an empty text
    case PT_BYTEBUF:
      return 0;
    default:
      return 8;
  }
}

// What the clone, fork and exec events tell of a thread.
std::map<std::string, std::string> thread_values(const scenarios::Event& event) {
  const scenarios::Thread& thread = event.thread;
  const int64_t pid = thread.pid ? thread.pid : thread.tid;
  return {
      {"res", number_value<int64_t>(event.res)},
      {"exe", text_value(thread.exe)},
      {"args", texts_value(thread.args)},
      {"tid", number_value<int64_t>(thread.tid)},
      {"pid", number_value<int64_t>(pid)},
      {"ptid", number_value<int64_t>(thread.ptid)},
      {"cwd", thread.cwd.empty() ? std::string() : text_value(thread.cwd)},
      {"comm", text_value(thread.comm)},
      {"uid", number_value<uint32_t>(thread.uid)},
      {"cgroups", cgroups_value(thread.cgroups)},
      {"vtid", number_value<int64_t>(thread.vtid ? thread.vtid : thread.tid)},
      {"vpid", number_value<int64_t>(thread.vpid ? thread.vpid : pid)},
      {"pidns_init_start_ts", number_value<uint64_t>(thread.pidns_init_start_ts)},
      {"trusted_exepath", text_value(thread.exe)},
      {"filename", text_value(thread.exe)},
      // The clone and fork events of threads carry these flags; libsinsp joins such threads to their leader.
      {"flags", number_value<uint32_t>(pid != thread.tid ? PPM_CL_CLONE_THREAD | PPM_CL_CLONE_FILES : 0)},
  };
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

}  // namespace

std::string text_value(const std::string& text) {
  return {text.c_str(), text.size() + 1};
}

std::string texts_value(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += text_value(text);
  return joined;
}

std::string cgroups_value(const std::vector<scenarios::Cgroup>& cgroups) {
  std::string joined;
  for (const scenarios::Cgroup& cgroup : cgroups) joined += text_value(cgroup.subsystem + "=" + cgroup.path);
  return joined;
}

uint16_t event_type(What what) {
  for (const Type& type : kTypes) {
    if (type.what == what) return type.number;
  }
  return 0;
}

EventBytes make_event(uint16_t type, uint64_t ts, int64_t tid,
                      const std::map<std::string, std::string>& values) {
  const ppm_event_info& info = *libsinsp::events::info(static_cast<ppm_event_code>(type));
  const bool large = (info.flags & EF_LARGE_PAYLOAD) != 0;
  std::string lengths, params;
  for (uint32_t i = 0; i < info.nparams; ++i) {
    const auto found = values.find(info.params[i].name);
    const std::string value =
        found != values.end() ? found->second : std::string(size_of(info.params[i].type), '\0');
    lengths += large ? number_value<uint32_t>(value.size()) : number_value<uint16_t>(value.size());
    params += value;
  }
  const uint32_t len = sizeof(ppm_evt_hdr) + lengths.size() + params.size();
  return number_value<uint64_t>(ts) + number_value<int64_t>(tid) + number_value<uint32_t>(len) +
         number_value<uint16_t>(type) + number_value<uint32_t>(info.nparams) + lengths + params;
}

EventBytes make_event(const scenarios::Event& event, uint64_t ts) {
  const uint16_t type = event_type(event.what);
  switch (event.what) {
    case What::kOther:
      return make_event(type, ts, event.tid, {{"path", text_value(event.text.empty() ? "/" : event.text)}});
    case What::kChroot:
      return make_event(type, ts, event.tid,
                        {{"res", number_value<int64_t>(event.res)}, {"path", text_value(event.text)}});
    case What::kProcexit:
      return make_event(type, ts, event.tid, {});
    case What::kContainer:
    case What::kContainerRemoved:
      return make_event(
          type, ts, event.tid,
          {{"name", text_value(event.what == What::kContainer ? "container" : "container_removed")},
           {"data", text_value(event.text)}});
    case What::kContainerJson:
    case What::kContainerJson2:
      return make_event(type, ts, event.tid, {{"json", text_value(event.text)}});
    case What::kContainerOld: {
      std::vector<std::string> parts = split(event.text, '|');
      parts.resize(4);
      return make_event(type, ts, event.tid,
                        {{"id", text_value(parts[0])},
                         {"type", number_value<uint32_t>(std::stoul(parts[1]))},
                         {"name", text_value(parts[2])},
                         {"image", text_value(parts[3])}});
    }
    default:
      return make_event(type, ts, event.tid, thread_values(event));
  }
}

}  // namespace sinsp_host
