// The small readers: CPU lists, times, ports, addresses, type names.
#include <gtest/gtest.h>

#include <string>

#include "core/container.h"
#include "core/cpuset.h"
#include "core/ports.h"
#include "core/timestamps.h"

namespace core {
namespace {

TEST(Cpuset, CountsCpus) {
  EXPECT_EQ(count_cpus("0-3,7"), 5);
  EXPECT_EQ(count_cpus("0"), 1);
  EXPECT_EQ(count_cpus("0-0"), 1);
  EXPECT_EQ(count_cpus(" 0 - 1 , 4\n"), 0) << "blanks inside a range";
  EXPECT_EQ(count_cpus(" 0-1, 4\n"), 3);
  EXPECT_EQ(count_cpus("0-3,2-5"), 6) << "overlaps count once";
  EXPECT_EQ(count_cpus("5,0-3,2,1-9,12-12"), 11) << "in any order";
  EXPECT_EQ(count_cpus("0-65535"), 65536);
}

TEST(Cpuset, CountsGarbageAsNothing) {
  for (const char* text : {"", " ", ",", "0,", ",0", "-", "1-", "-1", "3-1", "a", "0-a", "0x1", "1.5", "0--1",
                           "0-1-2", "65536", "0-4294967296", "99999999999999999999999", "+1"}) {
    EXPECT_EQ(count_cpus(text), 0) << text;
  }
}

TEST(Timestamps, AreSecondsSinceTheEpoch) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z"), 1);
  EXPECT_EQ(parse_rfc3339("2024-11-07T09:18:06Z"), 1730971086);
  EXPECT_EQ(parse_rfc3339("2024-11-07T09:18:06.999999999Z"), 1730971086);
  EXPECT_EQ(parse_rfc3339("2024-11-07T11:18:06.5+02:00"), 1730971086);
  EXPECT_EQ(parse_rfc3339("2024-11-07t03:48:06-05:30"), 1730971086);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), 1709164800);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), 1483228800) << "a leap second";
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), 253402300799);
}

TEST(Timestamps, AreZeroForNeverAndGarbage) {
  for (const char* text : {"0001-01-01T00:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00Z",
                           "",
                           "Z",
                           "2024-11-07",
                           "now",
                           "2024-11-07T09:18:06",
                           "2024-11-07T09:18:06.Z",
                           "2024-11-07T09:18:06.5",
                           "2024-13-07T09:18:06Z",
                           "2024-00-07T09:18:06Z",
                           "2023-02-29T00:00:00Z",
                           "2024-11-07T24:18:06Z",
                           "2024-11-07T09:60:06Z",
                           "2024-11-07T09:18:61Z",
                           "2024-11-07T09:18:06Zx",
                           "2024-11-07T09:18:06+02",
                           "2024-11-07T09:18:06+24:00",
                           "2024-11-07T09:18:06+02:60",
                           "20241107T091806Z",
                           "-024-11-07T09:18:06Z",
                           "2024-1-07T09:18:06Z"}) {
    EXPECT_EQ(parse_rfc3339(text), 0) << text;
  }
}

TEST(Ports, ReadsKeysOfPortTables) {
  EXPECT_EQ(parse_port_key("80/tcp"), (PortKey{80, "tcp"}));
  EXPECT_EQ(parse_port_key("53/udp"), (PortKey{53, "udp"}));
  EXPECT_EQ(parse_port_key("65535/sctp"), (PortKey{65535, "sctp"}));
  EXPECT_EQ(parse_port_key("80"), (PortKey{80, "tcp"}));
  for (const char* text :
       {"", "/tcp", "80/", "80/TCP", "65536/tcp", "-1/tcp", "80/tcp/x", "a/tcp", " 80/tcp", "000080"}) {
    EXPECT_EQ(parse_port_key(text), std::nullopt) << text;
  }
}

TEST(Ports, ReadsAddresses) {
  EXPECT_EQ(parse_ipv4("127.0.0.1"), 0x7f000001u);
  EXPECT_EQ(parse_ipv4("0.0.0.0"), 0u);
  EXPECT_EQ(parse_ipv4("255.255.255.255"), 0xffffffffu);
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3", "::1",
                           "1.2.3.4 ", "a.b.c.d", "1.2.3.-4", "0001.2.3.4"}) {
    EXPECT_EQ(parse_ipv4(text), std::nullopt) << text;
  }
  for (const char* text : {"127.0.0.1", "0.0.0.0", "10.99.0.4"})
    EXPECT_EQ(ipv4_text(*parse_ipv4(text)), text);
}

TEST(ContainerType, HasAWordForEachNumber) {
  EXPECT_STREQ(type_name(ContainerType::kDocker), "docker");
  EXPECT_STREQ(type_name(ContainerType::kCrio), "cri-o");
  EXPECT_STREQ(type_name(ContainerType::kLibvirtLxc), "libvirt-lxc");
  EXPECT_STREQ(type_name(ContainerType::kPodman), "podman");
  EXPECT_STREQ(type_name(ContainerType::kHost), "host");
  EXPECT_STREQ(type_name(ContainerType::kUnknown), "unknown");
  EXPECT_STREQ(type_name(static_cast<ContainerType>(12)), "unknown");
}

TEST(Container, ShortensIdsButNoNames) {
  Container container;
  container.full_id = "0123456789abcdef";
  EXPECT_EQ(container.id(), "0123456789ab");
  container.type = ContainerType::kLxc;
  EXPECT_EQ(container.id(), "0123456789abcdef");
  EXPECT_EQ(short_id("abc"), "abc");
}

}  // namespace
}  // namespace core
