// Where ctrmeta's output goes: data to standard output, everything else to standard error. Colour only on a
// terminal. One thread.
#pragma once

#include <string>
#include <string_view>

namespace tools {

class Console {
 public:
  Console();

  // One line of data, written at once when others wait for it, else with the next flush(). False once
  // standard output is closed or full: there is nobody to go on for.
  bool data(std::string_view line);
  bool flush();
  bool open() const { return state_ == State::kOpen; }
  // Standard output failed for another reason than its reader going away (which is fine).
  bool failed() const { return state_ == State::kFailed; }

  // For people, on standard error.
  void note(std::string_view line) const;
  void error(std::string_view message) const;  // "ctrmeta: <message>"

  // `text` in bold when standard output is a terminal.
  std::string bold(std::string_view text) const;

 private:
  enum class State : unsigned char { kOpen, kClosed, kFailed };
  bool terminal_;
  State state_ = State::kOpen;
  std::string buffer_;
};

// Control characters as \xNN, ill-formed UTF-8 replaced: names and labels are made by strangers, and a
// terminal obeys.
std::string printable(std::string_view text);

}  // namespace tools
