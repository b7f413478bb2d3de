// Small files whose paths come from strangers: read without following links out of the way, without waiting
// for a pipe, a network or a FUSE server, and never more than a cap. All paths count from HOST_ROOT.
// One owner and one thread per instance; Falco's thread and the worker have one each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/hands.h"
#include "base/host_root.h"
#include "base/unique_fd.h"

namespace base {

// What the reader may wait for. kCachedOnly (Falco's thread): nothing; what is not in memory is kWouldWait.
// kMayWait (the worker): a local disk, and only that.
enum class Patience : uint8_t { kCachedOnly, kMayWait };

// Why there is nothing.
enum class Unread : uint8_t {
  kMissing,    // no such file: normal
  kWouldWait,  // a more patient reader may get it
  kChanged,    // written while it was read: worth another try
  kRefused,    // not what it should be
};

// message: one sentence that names the file; "" with kMissing.
struct ReadError {
  Unread kind = Unread::kMissing;
  std::string message;
};

template <typename T>
class [[nodiscard]] Reading {
 public:
  Reading(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  Reading(ReadError error) : value_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Only when ok().
  T& operator*() & { return std::get<0>(value_); }
  const T& operator*() const& { return std::get<0>(value_); }
  T&& operator*() && { return std::get<0>(std::move(value_)); }
  T* operator->() { return &std::get<0>(value_); }
  const T* operator->() const { return &std::get<0>(value_); }
  // Only when !ok().
  const ReadError& error() const { return std::get<1>(value_); }
  Unread kind() const { return error().kind; }

 private:
  std::variant<T, ReadError> value_;
};

class LocalFiles {
 public:
  // root: $HOST_ROOT without trailing slash, "" for none. Reads the table of mounts, so that the first file
  // is as quick as the next.
  explicit LocalFiles(std::string root);

  // The contents of `directory`/`name`. directory: absolute, as the host sees it; links on the way to it are
  // followed as the host would (an absolute target counts from the root, ".." does not leave it). name: one
  // component, which is not followed when it is a link. A file has to be regular, on a local file system, not
  // empty, of at most `max_bytes`, and unchanged while it is read. One that is longer, but not than
  // patient_max_bytes, is kWouldWait.
  Reading<std::string> read(std::string_view directory, std::string_view name, size_t max_bytes,
                            Patience patience, size_t patient_max_bytes = 0);

  // Who can have written what the last read() answered: the file and the way to it, up to the root and with
  // it.
  const Hands& hands() const { return hands_; }

  // The entries of a directory but "." and "..", at most max_names of them, in no order; those of every view
  // of the host. kCachedOnly: only below file systems that live in memory.
  Reading<std::vector<std::string>> list_directory(std::string_view directory, size_t max_names,
                                                   Patience patience);

  // For tests: called between the first look at a file and its last byte.
  void set_hook(std::function<void()> hook) { hook_ = std::move(hook); }

 private:
  using View = HostRoot::View;
  struct Request;
  Reading<std::string> read_in(View* view, std::string_view directory, std::string_view name,
                               Request request);
  Reading<std::string> read_checked(int found, const Request& request, bool in_memory);
  Reading<std::vector<std::string>> list_in(View* view, std::string_view directory, size_t max_names,
                                            Patience patience);
  Reading<UniqueFd> open_directory(View& view, std::string_view path, Patience patience);
  Reading<UniqueFd> walk(View& view, std::string_view path, Patience patience);
  void add_way(View& view, int directory, std::string_view path);
  static Reading<UniqueFd> open_entry(View& view, int directory, std::string_view name,
                                      const std::string& path, Patience patience);
  static Reading<std::string_view> local_type(View& view, int fd, const std::string& path, Patience patience);

  HostRoot root_;
  Hands hands_;
  std::function<void()> hook_;
};

}  // namespace base
