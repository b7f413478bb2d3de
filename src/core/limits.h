// Every bound on what others can make this plugin read, keep or do, in one table; docs/limits.md prints it.
// A bound that is not a configuration option stands here and nowhere else. Constant data; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace core::limits {

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;

// One record. Far above what engines and people make, and small enough that a record costs Falco's thread
// little.
inline constexpr size_t kMounts = 512;
inline constexpr size_t kLabels = 512;
inline constexpr size_t kPorts = 512;
inline constexpr size_t kDevices = 256;
inline constexpr size_t kEnvironment = 512;
inline constexpr size_t kArguments = 256;
inline constexpr size_t kTextBytes = 4 * kKiB;
inline constexpr size_t kProbeBytes = 16 * kKiB;
inline constexpr size_t kCniBytes = 16 * kKiB;
inline constexpr size_t kRecordBytes = 128 * kKiB;
inline constexpr size_t kRecordMemory = 640 * kKiB;

// Texts that are parsed.
inline constexpr size_t kJsonDepth = 32;
inline constexpr size_t kJsonMembers = 1024;
inline constexpr size_t kJsonElements = 65536;
inline constexpr size_t kCachedBundleBytes = 64 * kKiB;
inline constexpr size_t kCachedListBytes = 256 * kKiB;
inline constexpr size_t kEventBytes = kMiB;

// One call of the host.
inline constexpr size_t kMailPerCall = 64;
inline constexpr uint64_t kMailNsPerCall = 200'000;
inline constexpr size_t kExpiredPerCall = 32;
inline constexpr size_t kExpiredBytesPerCall = 256 * kKiB;
inline constexpr size_t kPathsPerCall = 256;
inline constexpr size_t kThreadsPerCall = 64;

// The cache.
inline constexpr size_t kContainers = 65536;  // unless the option cache_max says another number
inline constexpr size_t kCacheBytes = 256 * kMiB;
inline constexpr size_t kBareContainers = 4096;
inline constexpr size_t kUserContainers = 2048;
inline constexpr size_t kUserCacheBytes = 16 * kMiB;
inline constexpr size_t kUnentered = 4096;
inline constexpr size_t kUserUnentered = 256;

// What is remembered beside it.
inline constexpr size_t kAskedNames = 4096;
inline constexpr size_t kLineages = 1024;
inline constexpr size_t kUsersLineages = 512;
inline constexpr size_t kUserLineages = 64;
inline constexpr size_t kSentEvents = 4096;

// The worker.
inline constexpr size_t kLookupsPending = 4096;
inline constexpr size_t kLookupsAtOnce = 64;
inline constexpr size_t kUserLookupsAtOnce = 4;
inline constexpr size_t kSocketContainers = 65536;
inline constexpr size_t kUserSocketContainers = 2048;
inline constexpr size_t kBundlesPending = 1024;
inline constexpr size_t kPosted = 65536;

struct Row {
  std::string_view of;    // which part of the plugin
  std::string_view what;  // what is counted
  uint64_t value;
  std::string_view unit;
  std::string_view beyond;  // what happens with more
};

inline constexpr Row kTable[] = {
    {"a record", "mounts", kMounts, "", "the first are kept"},
    {"a record", "labels, and as many of its pod", kLabels, "", "the first in their order are kept"},
    {"a record", "published ports", kPorts, "", "the first are kept"},
    {"a record", "devices", kDevices, "", "the first are kept"},
    {"a record", "environment variables", kEnvironment, "", "the first are kept"},
    {"a record", "arguments of a probe", kArguments, "", "the probe is left out"},
    {"a record", "a probe", kProbeBytes, "bytes", "left out"},
    {"a record", "one of its names, of its image, its user, its command and their like", kTextBytes, "bytes",
     "cut"},
    {"a record", "where its cgroup was put", kTextBytes, "bytes", "left out"},
    {"a record", "the CNI result", kCniBytes, "bytes", "left out"},
    {"a record", "all its texts together", kRecordBytes, "bytes",
     "the ends of lists are left out, the environment's first, then mounts', pod labels', labels'"},
    {"a record", "its memory, with the texts that fields answer", kRecordMemory, "bytes",
     "follows from the rows above"},

    {"JSON", "nesting", kJsonDepth, "levels", "the text is refused"},
    {"JSON", "members of one object or array", kJsonMembers, "",
     "the first are read, the rest is checked and left out"},
    {"JSON", "elements of an array that is a whole answer: a list of containers", kJsonElements, "",
     "the first are read, the rest is checked and left out"},
    {"JSON", "a `container` event", kEventBytes, "bytes", "refused"},

    {"Falco's thread", "a bundle that it reads itself", kCachedBundleBytes, "bytes", "the worker reads it"},
    {"Falco's thread", "a storage's list that it reads itself", kCachedListBytes, "bytes",
     "the worker reads it"},
    {"Falco's thread", "records taken over from the worker in one call", kMailPerCall, "",
     "the next call goes on"},
    {"Falco's thread", "time for that in one call", kMailNsPerCall, "ns", "the next call goes on"},
    {"Falco's thread", "containers dropped in one call", kExpiredPerCall, "", "the next call goes on"},
    {"Falco's thread", "bytes of their records", kExpiredBytesPerCall, "bytes", "the next call goes on"},
    {"Falco's thread", "cgroup paths asked about again in one call, once somebody told of one", kPathsPerCall,
     "", "the next call goes on"},
    {"Falco's thread", "threads looked at again in one call", kThreadsPerCall, "", "the next call goes on"},

    {"the cache", "containers", kContainers, "(`cache_max`)",
     "evicted: removed ones first, then those of which only the cgroup is known, then those without threads, "
     "those with threads last; users' before root's"},
    {"the cache", "bytes of all records", kCacheBytes, "bytes", "evicted in the same order"},
    {"the cache", "containers without threads of which only the cgroup is known", kBareContainers, "",
     "evicted, the oldest first; users' are counted apart"},
    {"the cache", "containers of one user", kUserContainers, "", "evicted, of that user"},
    {"the cache", "bytes of one user's records", kUserCacheBytes, "bytes", "evicted, of that user"},
    {"the cache", "announced containers that no thread has entered", kUnentered, "", "the oldest is removed"},
    {"the cache", "of them, all users'", kUserUnentered, "", "the oldest of theirs is removed"},

    {"attribution", "unconfirmed names that engines were asked for", kAskedNames, "",
     "the one not used for longest is asked for again"},
    {"attribution", "containers of root whose descent is followed", kLineages, "", "the oldest is forgotten"},
    {"attribution", "of all users", kUsersLineages, "", "the oldest of theirs is forgotten"},
    {"attribution", "of one user", kUserLineages, "", "the oldest of his is forgotten"},
    {"attribution", "container events on their way through Falco", kSentEvents, "",
     "the oldest is read like anybody's when it returns"},

    {"the worker", "ids that engines are to be asked for", kLookupsPending, "", "the oldest is given up"},
    {"the worker", "look-ups of one socket at once", kLookupsAtOnce, "", "they wait for their turn"},
    {"the worker", "look-ups of one user's socket at once", kUserLookupsAtOnce, "",
     "they wait for their turn"},
    {"the worker", "containers of one socket", kSocketContainers, "",
     "of a list those that run are taken first"},
    {"the worker", "containers of one user's socket", kUserSocketContainers, "",
     "of a list those that run are taken first"},
    {"the worker", "bundles left to it by Falco's thread", kBundlesPending, "", "not read"},
    {"the worker", "words of Falco's thread that wait for it", kPosted, "", "dropped"},
};

// docs/limits.md.
std::string to_markdown();

}  // namespace core::limits
