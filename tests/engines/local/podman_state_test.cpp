// containers.json of Podman's storage: the right element, and quickly.
#include "engines/local/podman_state.h"

#include <gtest/gtest.h>

#include "host_tree.h"

namespace engines::local {
namespace {

std::string entry(const std::string& id, const std::string& name) {
  return R"({"id":")" + id + R"(","names":[")" + name +
         R"("],"image":"i","metadata":"{}","flags":{"a":["}"]}})";
}

TEST(PodmanStateTest, FindsTheElement) {
  const std::string list =
      "[" + entry("a", "one") + "," + entry("b", "two") + "," + entry("c", "three") + "]";
  EXPECT_EQ(find_storage_entry(list, "b"), entry("b", "two"));
  EXPECT_EQ(find_storage_entry(list, "c"), entry("c", "three"));
  EXPECT_EQ(find_storage_entry(list, "d"), "");
  EXPECT_EQ(find_storage_entry(list, "two"), "");
  EXPECT_EQ(find_storage_entry("[]", "a"), "");
  EXPECT_EQ(find_storage_entry("", "a"), "");
}

TEST(PodmanStateTest, TheStyleDoesNotMatter) {
  const std::string spaced = R"([ {"names" : ["b"], "id" : "a"} , { "id" : "b" } ])";
  EXPECT_EQ(find_storage_entry(spaced, "b"), R"({ "id" : "b" })");
  EXPECT_EQ(find_storage_entry(spaced, "a"), R"({"names" : ["b"], "id" : "a"})");
}

TEST(PodmanStateTest, NamesAreNoIds) {
  // A container that is called as another is identified, before and inside other members too.
  const std::string list = "[" + entry("x", "b") +
                           R"(,{"metadata":"\"id\":\"b\"","names":["id","b"],"id":"y"},)" +
                           R"({"big-data":{"id":"b"},"id":"z"},{"id":"q","flags":{"id":"b"}},)" +
                           R"({"id":"r","metadata":"[{\"id\":\"b\"}]"},)" + entry("b", "right") + "]";
  EXPECT_EQ(find_storage_entry(list, "b"), entry("b", "right"));
}

TEST(PodmanStateTest, BrokenListsHaveNothing) {
  const std::string list = "[" + entry("a", "one") + "," + entry("b", "two") + "]";
  for (size_t size = 0; size < list.size() - 1; ++size) {
    const std::string_view cut = std::string_view(list).substr(0, size);
    const std::string_view found = find_storage_entry(cut, "b");
    EXPECT_TRUE(found.empty()) << size;
  }
  for (const char* text : {"]]]]", "}{", "[{\"id\":\"a\"", "\"", "[\"\\", "{\"id\":\"a\"}"}) {
    EXPECT_EQ(find_storage_entry(text, "a"), "") << text;
  }
  EXPECT_EQ(find_storage_entry(std::string(1000000, '['), "a"), "");
}

TEST(PodmanStateTest, MapsWhatPodmanWrote) {
  const std::string list = local_data("podman/containers.json");
  const std::string_view found = find_storage_entry(list, kPodmanId);
  const std::optional<core::Container> container = map_storage_entry(kPodmanId, found);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->type, core::ContainerType::kPodman);
  EXPECT_EQ(container->source, core::Source::kDisk);
  EXPECT_EQ(container->full_id, kPodmanId);
  EXPECT_EQ(container->name, "shop-web");
  EXPECT_EQ(container->image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(container->image_repository, "example.test/team/enginetest");
  EXPECT_EQ(container->image_tag, "1.0");
  EXPECT_EQ(container->image_id.size(), 64U);
  EXPECT_GT(container->created_time, 0);
  EXPECT_FALSE(map_storage_entry("other", found));
  EXPECT_FALSE(map_storage_entry(kPodmanId, found.substr(1)));
}

TEST(PodmanStateTest, MembersOfOtherTypesSayNothing) {
  const std::optional<core::Container> container =
      map_storage_entry("a", R"({"id":"a","names":{"x":1},"image":5,"metadata":["x"],"created":{}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->name, "");
  EXPECT_EQ(container->image, "");
  EXPECT_EQ(container->created_time, 0);
}

}  // namespace
}  // namespace engines::local
