// Framing of gRPC messages, see message.h.
#include "net/grpc/message.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace net::grpc {

std::string frame_message(std::string_view message) {
  const auto length = static_cast<uint32_t>(message.size());
  std::string framed;
  framed.reserve(message.size() + 5);
  framed.push_back('\0');  // not compressed
  for (const int shift : {24, 16, 8, 0}) framed.push_back(static_cast<char>(length >> shift & 0xff));
  framed.append(message);
  return framed;
}

std::optional<Status> MessageDecoder::check_prefix() {
  if (prefix_[0] == 1) {
    return Status{Code::kInternal, "the answer is compressed, which was not offered", true};
  }
  if (prefix_[0] != 0) {
    return Status{Code::kInternal, fmt::format("the answer is no gRPC message (flag {})", prefix_[0]), true};
  }
  length_ = 0;
  for (size_t i = 1; i < kPrefix; ++i) length_ = length_ << 8 | prefix_[i];
  if (length_ > max_) {
    return Status{Code::kResourceExhausted,
                  fmt::format("the answer announces {} bytes, at most {} are taken", length_, max_), true};
  }
  return std::nullopt;
}

std::optional<Status> MessageDecoder::feed(std::string_view data, std::vector<std::string>& out) {
  while (!data.empty()) {
    if (have_ < kPrefix) {
      prefix_[have_++] = static_cast<uint8_t>(data.front());
      data.remove_prefix(1);
      if (have_ < kPrefix) continue;
      if (auto error = check_prefix()) return error;
    } else {
      const size_t take = std::min(data.size(), length_ + kPrefix - have_);
      body_.append(data.substr(0, take));
      have_ += take;
      data.remove_prefix(take);
    }
    if (have_ == length_ + kPrefix) {
      out.push_back(std::exchange(body_, {}));
      have_ = 0;
    }
  }
  return std::nullopt;
}

}  // namespace net::grpc
