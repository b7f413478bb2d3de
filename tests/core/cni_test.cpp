// Shortening CNI results.
#include "core/cni.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "support/test_data.h"

namespace core {
namespace {

std::string recorded(const std::string& file) {
  std::ifstream in(support::test_data("cni/" + file));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_json(const std::string& text) {
  boost::system::error_code error;
  boost::json::parse(text, error);
  return !error;
}

TEST(Cni, LeavesLoopbackAndVethOutOfContainerdsForm) {
  const std::string text = shorten_cni_json(recorded("containerd-2.1.9.json"));
  EXPECT_TRUE(is_json(text));
  EXPECT_NE(text.find("\"eth0\""), std::string::npos);
  EXPECT_NE(text.find("10.99.0.2"), std::string::npos);
  EXPECT_NE(text.find("engcni0"), std::string::npos);
  EXPECT_EQ(text.find("\"lo\""), std::string::npos);
  EXPECT_EQ(text.find("veth"), std::string::npos);
  EXPECT_EQ(text.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(shorten_cni_json(
                R"({"lo":{"Mac":"0"},"veth1":{"Sandbox":""},"eth0":{"Mac":"1"},"veth2":{"Sandbox":"/n"}})"),
            R"({"eth0":{"Mac":"1"},"veth2":{"Sandbox":"/n"}})")
      << "a veth inside the sandbox is the pod's end";
}

TEST(Cni, RenumbersTheAddressesOfAResult) {
  EXPECT_EQ(shorten_cni_json(recorded("crio-1.35.6.json")),
            "{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"mac\":\"e2:53:4c:34:b0:2d\",\"name\":\"engcni0\"},"
            "{\"mac\":\"76:3f:c5:23:81:9f\",\"name\":\"eth0\",\"sandbox\":\"/var/run/netns/"
            "b1159120-ce79-47dd-84c5-810af0027e6f\"}],\"ips\":[{\"address\":\"10.99.0.4/"
            "16\",\"gateway\":\"10.99.0.1\","
            "\"interface\":1}],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}");
  EXPECT_EQ(shorten_cni_json(R"({"interfaces":[{"name":"lo"},{"name":"eth0"}],
                                "ips":[{"interface":0,"address":"127.0.0.1/8"},{"address":"1.2.3.4/8"},{"interface":9},7]})"),
            R"({"interfaces":[{"name":"eth0"}],"ips":[{"address":"1.2.3.4/8"},7]})");
}

TEST(Cni, PassesOtherJsonOn) {
  EXPECT_EQ(shorten_cni_json(R"( {"a" : [1, 2]} )"), R"({"a":[1,2]})");
  EXPECT_EQ(shorten_cni_json("[1]"), "[1]");
  EXPECT_EQ(shorten_cni_json("\"x\""), "\"x\"");
}

TEST(Cni, AnswersNothingForNothing) {
  for (const char* text : {"", " ", "null", "{}", "[]", "{", "x", R"({"lo":{"Mac":""}})"}) {
    EXPECT_EQ(shorten_cni_json(text), "") << text;
  }
  EXPECT_EQ(shorten_cni_json(std::string(100000, '[')), "");
  EXPECT_EQ(shorten_cni_json("\"" + std::string(5000, 'x') + "\""), "");
}

TEST(Cni, StaysValidAndShortWhateverItsSize) {
  std::string named = "{\"eth0\":{\"Mac\":\"1\"}";
  std::string listed = R"({"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"s"})";
  for (int i = 0; i < 500; ++i) {
    named += ",\"net" + std::to_string(i) + "\":{\"Mac\":\"\xc3\xa9\",\"IPConfigs\":[{\"IP\":\"10.0.0.1\"}]}";
    listed += ",{\"name\":\"net" + std::to_string(i) + "\"}";
  }
  named += "}";
  listed += R"(],"ips":[{"address":"10.0.0.1/8","interface":0},{"address":"10.0.0.2/8","interface":400}]})";
  for (size_t limit : {0, 1, 2, 10, 22, 64, 100, 1000, 4095, 4096}) {
    for (const std::string& raw : {named, listed, "[" + named + "," + listed + "]"}) {
      const std::string text = shorten_cni_json(raw, limit);
      EXPECT_LE(text.size(), limit);
      EXPECT_TRUE(text.empty() || is_json(text)) << text;
    }
  }
  EXPECT_TRUE(shorten_cni_json(named).starts_with(R"({"eth0":{"Mac":"1"},"net0")"));
  EXPECT_GT(shorten_cni_json(named).size(), 4000u) << "as much as fits";
  EXPECT_TRUE(shorten_cni_json(listed).starts_with(R"({"cniVersion":"1.0.0","interfaces":[{"name":"eth0")"));
  EXPECT_EQ(shorten_cni_json(listed).find("\"interface\":400"), std::string::npos) << "its interface is gone";
}

}  // namespace
}  // namespace core
