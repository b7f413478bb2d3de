// Whose a cgroup is, from its path.
#include "core/cgroup/owner_of.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using core::Owner;
using core::cgroup::owner_of;

struct Case {
  Owner owner;
  const char* path;
};

const Owner kMachine = Owner::machine();
const Owner kNobody = Owner::nobody();

const Case kCases[] = {
    {kMachine, ""},
    {kMachine, "/"},
    {kMachine, "/docker/0123"},
    {kMachine, "/system.slice/docker-0123.scope"},
    {kMachine, "/kubepods/besteffort/pod1/0123"},
    {kMachine, "/user.slice"},
    {kMachine, "/user.slice/session-1.scope"},
    {kMachine, "/user.slice/user-0.slice/session-1.scope/0123"},
    {kMachine, "/user.slice/user-0.slice/user@0.service/libpod-0123.scope"},
    {kMachine, "/user"},
    {kMachine, "/user/root/0/lxc/web"},
    {kMachine, "/users/1000/lxc/web"},
    {kMachine, "/system.slice/user-runtime-dir@1000.service"},
    {Owner::user(1000), "/user.slice/user-1000.slice"},
    {Owner::user(1000), "/user.slice/user-1000.slice/session-1.scope/lxc/web"},
    {Owner::user(1000), "/user.slice/user-1000.slice/user@1000.service/docker-0123.scope"},
    {Owner::user(1000), "/user.slice/user@1000.service/libpod-0123.scope"},
    {Owner::user(1000), "/../../user.slice/user-1000.slice/x"},
    {Owner::user(1000), "//user.slice//user-1000.slice"},
    // Whatever he calls what is below.
    {Owner::user(1000), "/user.slice/user-1000.slice/user@1000.service/user.slice/user-0.slice/x"},
    {Owner::user(1000), "/user.slice/user-1000.slice/user@1000.service/user.slice/user-1001.slice/x"},
    {Owner::user(4294967294U), "/user.slice/user-4294967294.slice/x"},
    {Owner::user(1000), "/user/1000/lxc/web"},
    {Owner::user(1000), "/user/1000.user/2.session/lxc/web"},
    {kNobody, "/user/alice/0/lxc/web"},
    {kNobody, "/user/.user/x"},
    {kNobody, "/user/01000/lxc/web"},
    // Of a user in some container.
    {kNobody, "/docker/0123/user.slice/user-1000.slice/libpod-4567.scope"},
    {kNobody, "/machine.slice/x.scope/payload/user-1000.slice/y"},
    {kNobody, "/user-1000.slice/y"},
    {kNobody, "/user.slice/user-0.slice/session-1.scope/user-1000.slice/y"},
    // No user's slices.
    {kMachine, "/user.slice/user-.slice/x"},
    {kMachine, "/user.slice/user-alice.slice/x"},
    {kMachine, "/user.slice/user-4294967295.slice/x"},
    {kMachine, "/user.slice/user-4294967296.slice/x"},
    {kMachine, "/user.slice/user--1.slice/x"},
    {kMachine, "/user.slice/user-01000.slice/x"},
};

TEST(OwnerOf, EveryForm) {
  for (const Case& one : kCases) {
    EXPECT_EQ(owner_of(one.path), one.owner) << one.path << ": " << owner_of(one.path).to_string();
  }
}

}  // namespace
