// Image references: the parts are parts of the text, ids are no names, and the best of several words is
// taken.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/image_names.h"
#include "core/image_ref.h"
#include "fuzz/check.h"
#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const core::ImageRef ref = core::parse_image_ref(text);
  for (const std::string* part : {&ref.repository, &ref.tag, &ref.digest}) {
    fuzz::check(text.find(*part) != std::string_view::npos);
  }
  if (core::is_image_id(text)) fuzz::check(ref.repository.empty() && ref.tag.empty() && ref.digest.empty());
  fuzz::check(text.ends_with(core::strip_sha256(text)));

  fuzz::Input input(data, size);
  std::vector<core::ImageWord> words;
  while (!input.empty() && words.size() < 8) {
    const auto place = input.byte() % (static_cast<unsigned>(core::ImagePlace::kBareDigest) + 1);
    words.push_back({static_cast<core::ImagePlace>(place), input.text()});
  }
  core::Container container;
  core::name_image(words, container);
  fuzz::check(container.image_repository.empty() || !container.image.empty());
  return 0;
}
