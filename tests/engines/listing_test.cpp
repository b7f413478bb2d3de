// Lists that follow each other, and what events and look-ups tell while one is under way.
#include "engines/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engines {
namespace {

Sighting seen(const std::string& id, bool running = true, const std::string& ip = "",
              const std::string& name = "") {
  Sighting sighting;
  sighting.container.full_id = id;
  sighting.container.name = name;
  sighting.container.ip = ip;
  sighting.running = running;
  return sighting;
}

core::Container container(const std::string& id) {
  return seen(id).container;
}

struct ListingTest : testing::Test {
  // "id" for news, "(id)" for what is unchanged.
  std::vector<std::string> compare(std::vector<Sighting> all) {
    std::vector<std::string> result;
    for (const Sighting& sighting : listing.compare(std::move(all))) {
      const std::string& id = sighting.container.full_id;
      result.push_back(sighting.unchanged ? "(" + id + ")" : id);
    }
    return result;
  }
  std::vector<std::string> next(std::vector<Sighting> all) {
    listing.begin();
    return compare(std::move(all));
  }
  using Ids = std::vector<std::string>;
  Listing listing;
};

TEST_F(ListingTest, OnlyWhatChangedIsNews) {
  EXPECT_EQ(next({seen("a", true, "1"), seen("b")}), (Ids{"a", "b"}));
  EXPECT_EQ(next({seen("a", true, "1"), seen("b")}), (Ids{"(a)", "(b)"}));
  EXPECT_EQ(next({seen("a", true, "2"), seen("b", true, "", "named")}), (Ids{"a", "b"}));
  EXPECT_EQ(next({seen("a", true, "2"), seen("c")}), (Ids{"(a)", "c"}));
  EXPECT_EQ(next({seen("b", true, "", "named")}), (Ids{"b"})) << "it was gone, and is back";
}

TEST_F(ListingTest, AnEndIsNoNewsAndAStartIs) {
  next({seen("a", true, "1")});
  EXPECT_EQ(next({seen("a", false, "")}), (Ids{"(a)"}));
  EXPECT_EQ(next({seen("a", false, "", "renamed")}), (Ids{"a"}));
  EXPECT_EQ(next({seen("a", true, "1", "renamed")}), (Ids{"a"}));
  Sighting again = seen("a", true, "1", "renamed");
  again.generation = "started anew";
  EXPECT_EQ(next({again}), (Ids{"a"}));
  EXPECT_EQ(next({again}), (Ids{"(a)"}));
}

TEST_F(ListingTest, APublishedPortIsNews) {
  next({seen("a")});
  Sighting ports = seen("a");
  ports.container.port_mappings.push_back({0, 80, 8080});
  EXPECT_EQ(next({ports}), (Ids{"a"}));
  EXPECT_EQ(next({ports}), (Ids{"(a)"}));
}

TEST_F(ListingTest, WhatAnEventToldIsNoNewsToTheNextList) {
  next({});
  listing.told(container("a"), true);
  EXPECT_EQ(next({seen("a", true, "1")}), (Ids{"(a)"}));
  EXPECT_EQ(next({seen("a", true, "2")}), (Ids{"a"}));
}

TEST_F(ListingTest, WhatALookUpFoundMayHaveChangedSince) {
  next({});
  listing.told(container("a"), false);
  EXPECT_EQ(next({seen("a", true, "1")}), (Ids{"a"}));
}

// Its answer may be older than what was told while it was made.
TEST_F(ListingTest, WhatIsToldWhileAListIsUnderWayCountsMore) {
  next({seen("a"), seen("b")});
  listing.begin();
  listing.told(container("new"), true);
  listing.told(container("found"), false);
  listing.gone("a");
  EXPECT_EQ(compare({seen("a"), seen("b")}), (Ids{"(b)", "(found)", "(new)"}));
  EXPECT_EQ(next({seen("b"), seen("new"), seen("found")}), (Ids{"(b)", "(new)", "found"}));
  listing.begin();
  listing.told(container("c"), true);
  listing.gone("c");
  EXPECT_EQ(compare({seen("b")}), (Ids{"(b)"})) << "the last word counts";
}

TEST_F(ListingTest, CompleteSightingsAreForTheListenerToCompare) {
  Sighting whole = seen("a");
  whole.complete = true;
  next({whole});
  EXPECT_EQ(next({whole}), (Ids{"a"}));
}

TEST_F(ListingTest, NamespacesAreKeptApart) {
  Sighting one = seen("web");
  one.container.engine_namespace = "default";
  Sighting other = seen("web", true, "1");
  other.container.engine_namespace = "k8s.io";
  next({one, other});
  EXPECT_EQ(next({one, other}), (Ids{"(web)", "(web)"}));
}

}  // namespace
}  // namespace engines
