// Events through the C interface, as Falco hands them over: whole ones, broken ones, and those of old
// captures; after each of them every field is asked. The library is loaded as any host loads it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "api/events.h"
#include "fuzz/check.h"
#include "fuzz/input.h"
#include "host/event_builder.h"
#include "host/session.h"

namespace {

constexpr uint64_t kStart = 1'700'000'000'000'000'000;
constexpr const char* kConfig =
    R"({"engines":{"docker":{"sockets":["/nonexistent/docker.sock"]},"podman":{"sockets":["/nonexistent/podman.sock"]},)"
    R"("containerd":{"sockets":["/nonexistent/containerd.sock"]},"cri":{"sockets":["/nonexistent/cri.sock"]}}})";
constexpr uint16_t kCloneTypes[] = {api::kEventCloneExit, api::kEventForkExit, api::kEventVforkExit,
                                    api::kEventClone3Exit};
constexpr uint16_t kExecTypes[] = {api::kEventExecve16Exit, api::kEventExecve17Exit, api::kEventExecve18Exit,
                                   api::kEventExecve19Exit, api::kEventExecveatExit};
constexpr uint16_t kContainerTypes[] = {api::kEventContainerJson, api::kEventContainerJson2};
constexpr uint16_t kRawTypes[] = {api::kEventCloneExit, api::kEventExecve19Exit,  api::kEventProcexit,
                                  api::kEventContainer, api::kEventContainerJson, api::kEventContainerJson2,
                                  api::kEventAsync,     api::kEventExecve16Exit,  0};

template <size_t N>
uint16_t one_of(const uint16_t (&types)[N], uint8_t choice) {
  return types[choice % N];
}

host::ThreadData thread_of(fuzz::Input& input) {
  host::ThreadData data;
  data.tid = 1 + input.byte() % 16;
  data.pid = data.tid;
  data.ptid = input.byte() % 16;
  data.vtid = data.vpid = input.byte() % 4;
  data.uid = input.byte() % 2 == 0 ? 0 : 1000;
  data.comm = data.exe = data.exe_path = input.text();
  data.cwd = input.text();
  for (unsigned count = input.byte() % 8; count > 0; --count) data.args.emplace_back(input.text());
  for (unsigned count = input.byte() % 4; count > 0; --count) {
    data.cgroups.push_back({count == 1 ? "cpu" : "memory", std::string(input.text())});
  }
  return data;
}

// An event whose parameters are any bytes, and whose lengths may be lies.
host::EventBytes raw_event(fuzz::Input& input, uint64_t ts) {
  host::EventBuilder builder(one_of(kRawTypes, input.byte()), input.byte() % 16, ts);
  const uint8_t lie = input.byte();
  const unsigned count = input.byte() % 32;
  for (unsigned i = 0; i < count; ++i) builder.bytes(input.text());
  if ((lie & 1) != 0) builder.claim_param_count(input.byte());
  if ((lie & 2) != 0) builder.claim_param_length(input.byte() % 32, input.byte() * uint32_t{257});
  return builder.build();
}

host::EventBytes next_event(fuzz::Input& input, uint64_t ts) {
  const uint8_t kind = input.byte();
  const uint8_t choice = input.byte();
  switch (kind % 8) {
    case 0:
      return host::make_clone_exit(one_of(kCloneTypes, choice), thread_of(input), ts, choice & 0x80);
    case 1:
      return host::make_exec_exit(one_of(kExecTypes, choice), thread_of(input), ts, choice & 0x80);
    case 2:
      return host::make_procexit(choice % 16, ts, 0, input.byte() % 16);
    case 3:
      return host::make_chroot_exit(choice % 16, ts, input.text());
    case 4:
      return host::make_async(ts, (choice & 1) != 0 ? "container" : "container_removed", input.long_text());
    case 5:
      return host::make_container_json(one_of(kContainerTypes, choice), ts, input.long_text());
    case 6: {
      const auto id = input.text();
      const auto name = input.text();
      return host::make_container(ts, id, choice, name, input.text());
    }
    default:
      return raw_event(input, ts);
  }
}

void ask_everything(host::PluginInstance& plugin, const host::EventContext& context) {
  for (size_t i = 0; i < plugin.fields().size(); ++i) {
    const host::PluginField& field = plugin.fields()[i];
    host::FieldRequest request;
    request.field = i;
    request.has_argument = field.arg_required;
    request.argument = field.arg_is_key ? "app" : "0";
    // A value, none, or a refusal in words; a crash is what this looks for.
    (void)plugin.extract(context.event, context.number, request);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto library = [] {
    ::setenv("HOST_ROOT", "/nonexistent", 1);
    return host::PluginLibrary::load(PLUGIN_PATH);
  }();
  fuzz::check(library.ok());
  fuzz::Input input(data, size);
  host::Session session;
  host::InstanceOptions options;
  options.config = kConfig;
  fuzz::check(session.add_plugin(*library, std::move(options)).ok());
  fuzz::check(session.open((input.byte() & 1) != 0).ok());
  auto& plugin = *session.plugins().front();
  for (uint64_t ts = kStart; !input.empty() && ts < kStart + 64; ++ts) {
    // What the host itself refuses never reaches a plugin.
    (void)session.feed(next_event(input, ts),
                       [&](const host::EventContext& context) { ask_everything(plugin, context); });
  }
  (void)plugin.dump_state();
  return 0;
}
