// main() of a fuzz target in a normal build: runs the target on every file of the directories given, so that
// what a fuzzer once found stays found. One thread.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

bool replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) return false;
  // A copy of its own size each, so that a sanitizer sees a read past the end; also every shorter input.
  for (const size_t size : {bytes.size(), bytes.size() / 2, bytes.size() / 3, size_t{0}}) {
    const std::string input = bytes.substr(0, size);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      if (!entry.is_regular_file()) continue;
      if (!replay(entry.path())) {
        std::fprintf(stderr, "cannot read %s\n", entry.path().c_str());
        return 1;
      }
      ++files;
    }
    if (error) {
      std::fprintf(stderr, "cannot list %s: %s\n", argv[i], error.message().c_str());
      return 1;
    }
  }
  if (files == 0) {
    std::fprintf(stderr, "no input: give the directories of the corpus\n");
    return 1;
  }
  std::printf("%zu inputs replayed\n", files);
  return 0;
}
