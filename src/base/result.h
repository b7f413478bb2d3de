// Errors as values: Result<T> holds either a T or an Error.
// Used by every room; owns nothing but the value; any thread.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace base {

// One sentence for a person: what failed, where, and what would help.
struct Error {
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : value_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

  // The error's sentence; only when !ok().
  const std::string& error() const { return std::get<1>(value_).message; }

 private:
  T* checked() {
    assert(ok());
    return std::get_if<0>(&value_);
  }
  const T* checked() const {
    assert(ok());
    return std::get_if<0>(&value_);
  }
  std::variant<T, Error> value_;
};

// For functions that only succeed or fail.
struct Ok {};
using Status = Result<Ok>;

}  // namespace base
