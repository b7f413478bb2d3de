// Broken copies of good bytes, always the same ones.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace engines::test {

// Calls `use` with `count` copies of `good` in which bytes were changed, removed, doubled, or cut off.
inline void for_each_mutation(std::string_view good, int count,
                              const std::function<void(const std::string&)>& use) {
  std::mt19937 random(20240601);
  for (int round = 0; round < count; ++round) {
    std::string bytes(good);
    const auto changes = 1 + random() % 5;
    for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
      const size_t at = random() % bytes.size();
      switch (random() % 5) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 2:
          bytes.erase(at, 1 + random() % 8);
          break;
        case 3:
          bytes.insert(at, bytes.substr(at, random() % 16));
          break;
        default:
          if (random() % 8 == 0) bytes.resize(at);
      }
    }
    use(bytes);
  }
}

}  // namespace engines::test
