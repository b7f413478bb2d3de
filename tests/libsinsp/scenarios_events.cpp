// Scenarios about container events: of this plugin, of old captures, and broken ones.
#include "scenario.h"

namespace scenarios {
namespace {

Event other(int64_t tid) {
  return {.what = What::kOther, .tid = tid};
}
Event told(What what, std::string text) {
  return {.what = what, .text = std::move(text)};
}

const std::string_view kWeb =
    R"("type":0,"name":"web","image":"fedora:38","imageid":"0ca0fe","imagerepo":"fedora","imagetag":"38")";

std::vector<Expect> web(char digit) {
  return {{"container.id", short_id(digit)}, {"container.name", "web"},
          {"container.image", "fedora:38"},  {"container.image.repository", "fedora"},
          {"container.image.tag", "38"},     {"container.type", "docker"}};
}

const Thread kInit = process(1, 0, "/");

std::string large_members() {
  std::string labels = std::string(kWeb) + R"(,"labels":{)";
  for (int i = 0; i < 2000; ++i) {
    labels += (i ? ",\"key" : "\"key") + std::to_string(i) + "\":\"" + std::string(60, 'v') + '"';
  }
  return labels + "}";
}

// A process of container 'a' before and after one event about it.
Scenario enriches(const char* name, const char* why, Event event, std::vector<Expect> after) {
  return {.name = name,
          .why = why,
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{other(100), {{"container.id", short_id('a')}, {"container.name", kNothing}}},
                    {std::move(event)},
                    {other(100), std::move(after)},
                    {other(1), {{"container.name", "host"}}}}};
}

Scenario removed() {
  return {.name = "removed_still_answers",
          .why = "The last events of a container that ends are still told with its name.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(What::kContainer, payload('a', kWeb))},
                    {other(100), web('a')},
                    {told(What::kContainerRemoved, payload('a', kWeb))},
                    {other(100), web('a')},
                    {{.what = What::kProcexit, .tid = 100}, web('a')}}};
}

Scenario renamed() {
  return {.name = "second_event_updates",
          .why = "A container that is renamed, or whose address came late, is shown as it is now.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(What::kContainer, payload('a', R"("type":0,"name":"old","image":"fedora:38")"))},
                    {other(100), {{"container.name", "old"}, {"container.ip", kNothing}}},
                    {told(What::kContainer,
                          payload('a', R"("type":0,"name":"new","image":"fedora:38","ip":"172.17.0.9")"))},
                    {other(100), {{"container.name", "new"}, {"container.ip", "172.17.0.9"}}}}};
}

Scenario own_payload() {
  return {.name = "fields_of_the_event_itself",
          .why = "A rule on the container event itself sees that container, whoever's thread it carries.",
          .before = {kInit},
          .steps = {{told(What::kContainer, payload('a', kWeb)), web('a'), {{"container.name = web"}}},
                    {told(What::kContainerJson, payload('b', kWeb)), web('b')},
                    {other(1), {{"container.name", "host"}}}}};
}

Scenario own_payload_large() {
  return {.name = "fields_of_event_324_itself",
          .why = "The same for the event that carries large payloads.",
          .before = {kInit},
          .steps = {{told(What::kContainerJson2, payload('c', large_members())), web('c')},
                    {other(1), {{"container.name", "host"}}}},
          .needs_api = 12};
}

Scenario before_parsing() {
  return {.name = "extraction_before_parsing",
          .why = "With a capture filter the host asks before it lets the plugin parse the same event.",
          .before = {kInit, process(100, 1, docker_v2('a')), process(200, 1, docker_v2('b'))},
          .steps =
              {{other(100), {}, {}, false},
               {told(What::kContainer, payload('a', kWeb)), web('a')},
               {told(What::kContainer, payload('b', R"("type":0,"name":"db","image":"x:1")")), {}, {}, false},
               {other(100), web('a')},
               {other(200), {}, {}, false}},
          .capture_filter = "container.name = web",
          // A replay consumes a file's first container events before it filters.
          .replays = false};
}

Scenario broken(const char* name, std::string text) {
  return {.name = std::string("broken_") + name,
          .why = "A payload that cannot be read is refused and the capture goes on.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(What::kContainer, text)},
                    {told(What::kContainerRemoved, text)},
                    {other(100), {{"container.id", short_id('a')}, {"container.name", kNothing}}},
                    {told(What::kContainer, payload('a', kWeb))},
                    {other(100), web('a')}}};
}

// libsinsp 0.20 reads the old events itself and gives the capture up at such a payload.
Scenario broken_old(const char* name, std::string text) {
  return {.name = std::string("broken_old_") + name,
          .why = "The same payloads in the events of old captures.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(What::kContainerJson, text)},
                    {told(What::kContainerJson2, text)},
                    {other(100), {{"container.id", short_id('a')}, {"container.name", kNothing}}},
                    {told(What::kContainerJson, payload('a', kWeb))},
                    {other(100), web('a')}},
          .needs_api = 12};
}

struct Payload {
  const char* name;
  std::string text;
};

std::vector<Payload> broken_payloads() {
  return {{"empty", ""},
          {"not_json", "container web started"},
          {"cut_off", payload('a', kWeb).substr(0, 90)},
          {"no_id", R"({"container":{"name":"web"}})"},
          {"id_of_wrong_type", R"({"container":{"id":{"x":1},"full_id":[1],"name":"web"}})"},
          {"array", "[1,2,3]"},
          {"deep", R"({"container":)" + std::string(5000, '[') + std::string(5000, ']') + "}"}};
}

Scenario foreign_payload() {
  return {
      .name = "payload_of_another_falco",
      .why = "Captures of other installations carry nulls, unknown keys and old members.",
      .before = {kInit, process(100, 1, docker_v2('a'))},
      .steps = {{told(What::kContainer,
                      payload('a', std::string(kWeb) +
                                       R"(,"pod_sandbox_labels":null,"labels":null,"Mounts":null,"ip":null,)"
                                       R"("lookup_state":1,"metadata_deadline":0,"gpus":[{"n":{"m":[]}}],)"
                                       R"("port_mappings":null,"env":null,"User":"0","Healthcheck":null)"))},
                {other(100), web('a')}}};
}

Scenario wrong_types() {
  return {
      .name = "payload_with_wrong_types",
      .why = "One member of a wrong type does not cost the others.",
      .before = {kInit, process(100, 1, docker_v2('a'))},
      .steps = {
          {told(What::kContainer,
                payload('a', std::string(kWeb) +
                                 R"(,"labels":[1,2],"Mounts":"x","privileged":"yes","memory_limit":"much",)"
                                 R"("ip":7,"port_mappings":{"a":1},"cpu_shares":-1e300)"))},
          {other(100), web('a')},
          {other(100),
           {{"container.privileged", "false"}, {"container.labels", kNothing}, {"container.ip", kNothing}}}}};
}

Scenario short_id_only() {
  return {.name = "payload_with_short_id_only",
          .why = "Very old captures know only the short id.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(What::kContainerJson,
                          R"({"container":{"id":")" + short_id('a') + R"(",)" + std::string(kWeb) + "}}")},
                    {other(100), web('a')}}};
}

Scenario many() {
  Scenario scenario{.name = "two_hundred_containers",
                    .why = "Each thread finds its own container among many.",
                    .before = {kInit},
                    .steps = {}};
  // Ids differ in their last digits of the first twelve.
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(1000 + i);
    const std::string id = "abcdef01" + number + full_id('d').substr(12);
    scenario.steps.push_back(
        {{.what = What::kClone, .tid = 2000 + i, .thread = process(2000 + i, 1, "/docker/" + id)}});
    scenario.steps.push_back(
        {told(What::kContainer, R"({"container":{"type":0,"id":")" + id.substr(0, 12) + R"(","full_id":")" +
                                    id + R"(","name":"c)" + number + R"("}})")});
  }
  for (int i = 0; i < 200; i += 7) {
    scenario.steps.push_back({other(2000 + i), {{"container.name", "c" + std::to_string(1000 + i)}}});
  }
  return scenario;
}

}  // namespace

std::vector<Scenario> event_scenarios() {
  const std::vector<Expect> old_web = {{"container.id", short_id('a')},
                                       {"container.name", "web"},
                                       {"container.image", "fedora:38"},
                                       {"container.type", "docker"}};
  std::vector<Scenario> scenarios = {
      enriches("async_event", "The plugin's own event brings a container's name.",
               told(What::kContainer, payload('a', kWeb)), web('a')),
      enriches("legacy_json", "Event 272 of old captures.", told(What::kContainerJson, payload('a', kWeb)),
               web('a')),
      enriches("legacy_json_2", "Event 324 of old captures.", told(What::kContainerJson2, payload('a', kWeb)),
               web('a')),
      enriches("legacy_json_2_large", "Event 324 exists for payloads over 64 KiB.",
               told(What::kContainerJson2, payload('a', large_members())), web('a')),
      enriches("async_event_large", "A container with thousands of labels.",
               told(What::kContainer, payload('a', large_members())), web('a')),
      enriches("legacy_container", "Event 228 of the oldest captures.",
               told(What::kContainerOld, short_id('a') + "|0|web|fedora:38"), old_web),
      removed(),
      renamed(),
      own_payload(),
      before_parsing(),
      own_payload_large(),
      foreign_payload(),
      wrong_types(),
      short_id_only(),
      many(),
  };
  for (const Payload& payload : broken_payloads()) {
    scenarios.push_back(broken(payload.name, payload.text));
    scenarios.push_back(broken_old(payload.name, payload.text));
  }
  return scenarios;
}

}  // namespace scenarios
