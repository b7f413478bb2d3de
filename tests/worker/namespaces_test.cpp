// Containers of containerd's namespaces: namesakes, names that are confirmed in one namespace only, and
// Docker's own containers, which Docker tells of.
#include <map>
#include <mutex>

#include "grpc_engine_fixture.h"
#include "protobuf_from_json.h"
#include "worker_fixture.h"

namespace worker {
namespace {

using engines::test::FakeGrpc;
using engines::test::field;
using net::grpc::test::reply_status;
using net::grpc::test::reply_with;

// Containers by namespace, and the events that a test sends.
class FakeContainerd {
 public:
  FakeContainerd() {
    grpc_.on("Version", field(1, "1.6.20"));
    grpc_.stream("Subscribe");
    grpc_.on("List", [this](const FakeGrpc::Request&) { return namespaces(); });
    grpc_.on("ListStream", [this](const FakeGrpc::Request& request) { return list(request); });
    grpc_.on("Get", [this](const FakeGrpc::Request& request) { return get(request); });
  }

  void add(const std::string& name_space, const std::string& id) {
    const std::lock_guard lock(mutex_);
    // The image tells the namesakes apart.
    containers_[name_space][id] = field(1, id) + field(3, "example.test/" + name_space + ":1");
  }
  void remove(const std::string& name_space, const std::string& id) {
    const std::lock_guard lock(mutex_);
    containers_[name_space].erase(id);
  }
  void tell(const std::string& topic, const std::string& name_space, const std::string& id) {
    grpc_.send(field(2, name_space) + field(3, topic) + field(4, field(2, field(1, id))));
  }
  // How often that container was asked for in that namespace.
  int asked(const std::string& name_space, const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(name_space + '/' + id);
    return found == asked_.end() ? 0 : found->second;
  }
  const std::string& path() { return grpc_.peer().path(); }

 private:
  static std::string name_space(const FakeGrpc::Request& request) {
    const auto found = request.headers.find("containerd-namespace");
    return found == request.headers.end() ? "" : found->second;
  }
  FakeGrpc::Reply namespaces() {
    const std::lock_guard lock(mutex_);
    std::string answer;
    for (const auto& [name, containers] : containers_) answer += field(1, field(1, name));
    return reply_with({answer});
  }
  FakeGrpc::Reply list(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> messages;
    for (const auto& [id, message] : containers_[name_space(request)]) messages.push_back(field(1, message));
    return reply_with(messages);
  }
  FakeGrpc::Reply get(const FakeGrpc::Request& request) {
    if (request.path.find("Images") != std::string::npos) return reply_status("5", "no such image");
    const std::lock_guard lock(mutex_);
    const std::string id = request.message.size() > 2 ? request.message.substr(2) : "";
    ++asked_[name_space(request) + '/' + id];
    const auto& containers = containers_[name_space(request)];
    const auto found = containers.find(id);
    if (found == containers.end()) return reply_status("5", "no such container");
    return reply_with({field(1, found->second)});
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> containers_;
  std::map<std::string, int> asked_;
  FakeGrpc grpc_;  // last: its thread uses the rest
};

class Namespaces : public WorkerTest {
 protected:
  Namespaces() {
    config_.containerd.enabled = true;
    config_.containerd.sockets = {containerd_.path()};
  }
  SocketStatus of(const std::string& engine) const {
    for (const SocketStatus& row : worker_->sockets()) {
      if (row.engine == engine) return row;
    }
    return {};
  }
  void start_connected() {
    start();
    ASSERT_TRUE(eventually([&] { return of("containerd").connected; }));
    ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  }
  std::string image(const std::string& id) const {
    const auto record = journal_.newest(id);
    return record == nullptr ? "" : record->image;
  }
  FakeContainerd containerd_;
};

TEST_F(Namespaces, TheRemovalOfANamesakeIsNotTheContainers) {
  containerd_.add("one", "twin");
  containerd_.add("two", "twin");
  start_connected();
  ASSERT_EQ(journal_.reports("twin"), 2);
  EXPECT_EQ(of("containerd").containers, 2U);
  EXPECT_EQ(image("twin"), "example.test/two:1") << "the newest record counts";
  containerd_.remove("one", "twin");
  containerd_.tell("/containers/delete", "one", "twin");
  ASSERT_TRUE(eventually([&] { return of("containerd").containers == 1; }));
  EXPECT_EQ(journal_.removals("twin"), 0);
  EXPECT_EQ(journal_.reports("twin"), 2);
  containerd_.remove("two", "twin");
  containerd_.tell("/containers/delete", "two", "twin");
  ASSERT_TRUE(eventually([&] { return journal_.removals("twin") == 1; }));
  EXPECT_EQ(journal_.reports("twin"), 2);
}

TEST_F(Namespaces, TheNamesakeThatIsLeftTakesThePlace) {
  containerd_.add("one", "twin");
  start_connected();
  containerd_.add("two", "twin");
  containerd_.tell("/containers/create", "two", "twin");
  ASSERT_TRUE(eventually([&] { return image("twin") == "example.test/two:1"; }));
  containerd_.tell("/containers/delete", "two", "twin");
  ASSERT_TRUE(eventually([&] { return image("twin") == "example.test/one:1"; }));
  EXPECT_EQ(journal_.removals("twin"), 0);
  containerd_.tell("/containers/delete", "one", "twin");
  ASSERT_TRUE(eventually([&] { return journal_.removals("twin") == 1; }));
}

TEST_F(Namespaces, ANameIsConfirmedInItsOwnNamespaceByContainerdOnly) {
  FakeDocker docker(path_);
  containerd_.add("one", "listed");
  start_connected();
  ASSERT_TRUE(eventually([&] { return of("docker").connected; }));
  containerd_.add("two", "name");
  worker_->request({"name", core::ContainerType::kContainerd, "", "one"});
  ASSERT_TRUE(eventually([&] { return containerd_.asked("one", "name") >= 3; }));
  EXPECT_EQ(journal_.reports("name"), 0);
  EXPECT_EQ(containerd_.asked("two", "name"), 0);
  EXPECT_EQ(docker.asked("/containers/name"), 0);
  EXPECT_EQ(docker.asked("/containers/one"), 0);
  containerd_.add("one", "name");
  ASSERT_TRUE(eventually([&] { return journal_.reports("name") == 1; }));
  EXPECT_EQ(journal_.newest("name")->engine_namespace, "one");
  EXPECT_TRUE(eventually([&] { return worker_->lookups().pending == 0; }));
}

TEST_F(Namespaces, ANamesakeConfirmsNothing) {
  containerd_.add("one", "name");
  start_connected();
  ASSERT_EQ(journal_.reports("name"), 1);
  worker_->request({"name", core::ContainerType::kContainerd, "", "two"});
  ASSERT_TRUE(eventually([&] { return containerd_.asked("two", "name") >= 2; }));
  EXPECT_EQ(journal_.reports("name"), 1);
  EXPECT_EQ(worker_->lookups().pending, 1U);
  // What is known in the right one is told again, as ever.
  worker_->request({"name", core::ContainerType::kContainerd, "", "one"});
  ASSERT_TRUE(eventually([&] { return journal_.reports("name") == 2; }));
  worker_->request({"name", core::ContainerType::kContainerd, "", "../one"});
  worker_->request({"one/name", core::ContainerType::kContainerd, ""});
  worker_->request({"other", core::ContainerType::kContainerd, "", "one"});
  ASSERT_TRUE(eventually([&] { return containerd_.asked("one", "other") >= 1; }));
  EXPECT_EQ(worker_->lookups().asked, 3U) << "what is no namespace or id is not asked for";
}

TEST_F(Namespaces, AHexIdIsLookedForEverywhere) {
  containerd_.add("one", "listed");
  containerd_.add("two", "listed-too");
  start_connected();
  const std::string id = container_id("a1");
  containerd_.add("two", id);
  worker_->request({id, core::ContainerType::kContainerd, ""});
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_EQ(journal_.newest(id)->engine_namespace, "two");
  EXPECT_TRUE(eventually([&] { return worker_->lookups().found == 1; }));
  containerd_.tell("/containers/delete", "two", id);
  EXPECT_TRUE(eventually([&] { return journal_.removals(id) == 1; }));
}

TEST_F(Namespaces, DockerThatComesLateTakesItsContainersOver) {
  const std::string id = container_id("d0");
  containerd_.add("moby", id);
  containerd_.add("default", "own");
  start_connected();
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_EQ(journal_.newest(id)->type, core::ContainerType::kContainerd);
  FakeDocker docker(path_);
  docker.add(id, "web");
  docker.stop();
  docker.start();
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 2; }));
  EXPECT_EQ(journal_.newest(id)->type, core::ContainerType::kDocker);
  EXPECT_EQ(journal_.newest(id)->name, "web");
  EXPECT_EQ(of("containerd").containers, 1U);

  // Docker goes; what containerd says of its containers changes nothing.
  docker.stop();
  ASSERT_TRUE(eventually([&] { return !of("docker").connected; }));
  const uint64_t heard = of("containerd").events;
  containerd_.tell("/containers/update", "moby", id);
  containerd_.tell("/containers/create", "default", "later");
  containerd_.add("default", "later");
  ASSERT_TRUE(
      eventually([&] { return journal_.reports("later") >= 1 && containerd_.asked("moby", id) == 1; }));
  containerd_.remove("moby", id);
  containerd_.tell("/containers/delete", "moby", id);
  ASSERT_TRUE(eventually([&] { return of("containerd").events == heard + 3; }));
  EXPECT_EQ(journal_.reports(id), 2);
  EXPECT_EQ(journal_.removals(id), 0);
  docker.remove(id);
  docker.start();
  ASSERT_TRUE(eventually([&] { return journal_.removals(id) == 1; }));
  EXPECT_EQ(journal_.reports(id), 2);
  EXPECT_EQ(journal_.removals("own"), 0);
}

TEST_F(Namespaces, WhatDockerDoesNotKnowStaysContainerds) {
  const std::string id = container_id("d0");
  containerd_.add("moby", id);
  start_connected();
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  FakeDocker docker(path_);
  ASSERT_TRUE(eventually([&] { return of("docker").connected; }));
  EXPECT_EQ(journal_.removals(id), 0);
  containerd_.tell("/containers/delete", "moby", id);
  EXPECT_TRUE(eventually([&] { return journal_.removals(id) == 1; }));
}

}  // namespace
}  // namespace worker
