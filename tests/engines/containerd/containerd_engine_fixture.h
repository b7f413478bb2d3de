// A fake containerd for tests of its engine.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/containerd/containerd_engine.h"
#include "grpc_engine_fixture.h"
#include "protobuf_from_json.h"

namespace engines::containerd {

using net::grpc::test::reply_status;
using net::grpc::test::reply_with;
using test::FakeGrpc;
using test::field;

inline constexpr const char* kRecording = "containerd-2.1.9/";

// A fake containerd: containers by namespace, everything else by hand.
class ContainerdEngineTest : public test::GrpcEngineTest {
 protected:
  ContainerdEngineTest() {
    fake_.on("Version", field(1, "1.6.20"));
    fake_.stream("Subscribe");
    fake_.on("List", [this](const FakeGrpc::Request& request) { return list(request); });
    fake_.on("ListStream", [this](const FakeGrpc::Request& request) { return list_stream(request); });
    fake_.on("Get", [this](const FakeGrpc::Request& request) { return get(request); });
  }

  // message: a containers.Container.
  void add(const std::string& name_space, const std::string& id, const std::string& message) {
    const std::lock_guard lock(mutex_);
    containers_[name_space][id] = message;
  }
  void add(const std::string& name_space, const std::string& id) {
    add(name_space, id, field(1, id) + field(3, "example.test/image:1"));
  }
  // A recorded container in k8s.io; its id.
  std::string add_recorded(const char* file) {
    const auto json = test::recorded_json(std::string(kRecording) + file);
    const std::string response = test::get_container_response(json);
    std::string id(json.at("ID").as_string());
    // Without the outer field: tag, and a length of three bytes for messages of 16 KiB and more, else of two.
    size_t prefix = 1;
    while ((response[prefix] & 0x80) != 0) ++prefix;
    add("k8s.io", id, response.substr(prefix + 1));
    return id;
  }
  void send_event(const std::string& name_space, const std::string& topic, const std::string& id) {
    fake_.send(field(2, name_space) + field(3, topic) +
               field(4, field(2, field(1, id) + field(2, "event/image:2"))));
  }
  std::string answered_in() {
    const std::lock_guard lock(mutex_);
    return answered_in_;
  }

  std::unique_ptr<Engine> engine_ = create(context());

 private:
  static std::string name_space(const FakeGrpc::Request& request) {
    const auto found = request.headers.find("containerd-namespace");
    return found == request.headers.end() ? "(none)" : found->second;
  }
  static std::string asked_for(const FakeGrpc::Request& request) {
    return request.message.size() > 2 ? request.message.substr(2) : "";
  }
  FakeGrpc::Reply list(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    std::string answer;
    if (request.path.find("Namespaces") != std::string::npos) {
      for (const auto& [name, containers] : containers_) answer += field(1, field(1, name));
    } else {
      for (const auto& [id, message] : containers_[name_space(request)]) answer += field(1, message);
    }
    return reply_with({answer});
  }
  FakeGrpc::Reply list_stream(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> messages;
    for (const auto& [id, message] : containers_[name_space(request)]) messages.push_back(field(1, message));
    return reply_with(messages);
  }
  FakeGrpc::Reply get(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string wanted = asked_for(request);
    if (request.path.find("Images") != std::string::npos) {
      ++image_requests_;
      return reply_with({field(1, field(1, wanted) + field(3, field(2, "sha256:of-" + wanted)))});
    }
    const auto& containers = containers_[name_space(request)];
    const auto found = containers.find(wanted);
    if (found == containers.end()) return reply_status("5", "no such container");
    answered_in_ = name_space(request);
    return reply_with({field(1, found->second)});
  }

  std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> containers_;
  std::string answered_in_;

 protected:
  std::atomic<int> image_requests_ = 0;
};

}  // namespace engines::containerd
