// Turns the JSON that crictl and ctr print into the protobuf bytes that the engines sent, so that recorded
// answers go through the real decoders.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace engines::test {

// The whole of a file below tests/data/recorded/; throws when it cannot be read.
std::string recorded(const std::string& path);
boost::json::value recorded_json(const std::string& path);

// `crictl inspect` and `crictl inspectp`: {"status": ..., "info": ...}.
std::string container_status_response(const boost::json::value& inspect);
std::string sandbox_status_response(const boost::json::value& inspect);
// `crictl ps -a -o json` and `crictl pods -o json`.
std::string list_containers_response(const boost::json::value& ps);
std::string list_sandboxes_response(const boost::json::value& pods);

// `ctr containers info`: GetContainerResponse (one container: also a ListContainersResponse).
std::string get_container_response(const boost::json::value& info);

// Sub-messages of engines' other answers, by hand.
std::string field(uint32_t number, std::string_view bytes);
std::string field(uint32_t number, int64_t varint);

}  // namespace engines::test
