// Whose word something is: the trust model's one type. Spec: docs/security.md.
// A record, an announcement, a removal and a container itself have an owner: the machine (root, and what root
// configured), one ordinary user, or nobody in particular. Plain value; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace core {

class Owner {
 public:
  constexpr Owner() = default;  // the machine
  static constexpr Owner machine() { return Owner(); }
  // uid 0 is the machine.
  static constexpr Owner user(uint32_t uid) { return uid == 0 ? Owner() : Owner(Kind::kUser, uid); }
  // Where two users have had their hands in it: it is neither's word, so it counts for nobody's containers.
  static constexpr Owner nobody() { return Owner(Kind::kNobody, 0); }

  constexpr bool is_machine() const { return kind_ == Kind::kMachine; }
  constexpr bool is_user() const { return kind_ == Kind::kUser; }
  constexpr bool is_nobody() const { return kind_ == Kind::kNobody; }
  constexpr uint32_t uid() const { return uid_; }  // 0 unless is_user()

  // True when something that this owner says counts for containers of `subject`: each speaks of its own only.
  // The machine's word about a user's container does not count either: an id is unique per owner, so what root's
  // engine calls by that id is another container.
  constexpr bool speaks_for(Owner subject) const { return kind_ != Kind::kNobody && *this == subject; }

  constexpr auto operator<=>(const Owner&) const = default;

  // "root", "user 1000", "nobody": for messages.
  std::string to_string() const {
    if (is_machine()) return "root";
    return is_user() ? "user " + std::to_string(uid_) : "nobody";
  }

 private:
  enum class Kind : uint8_t { kMachine, kUser, kNobody };
  constexpr Owner(Kind kind, uint32_t uid) : kind_(kind), uid_(uid) {}

  Kind kind_ = Kind::kMachine;
  uint32_t uid_ = 0;
};

// Whose word it is when both had their hands in it: what root wrote into a user's directory is the user's word, and what
// two users share is nobody's.
constexpr Owner weaker(Owner left, Owner right) {
  if (left == right || right.is_machine()) return left;
  return left.is_machine() ? right : Owner::nobody();
}

}  // namespace core
