// See image_names.h.
#include "core/image_names.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/image_ref.h"

namespace core {
namespace {

enum class Role : uint8_t { kName, kDigest };

struct PlaceRow {
  ImagePlace place;
  Role role;
  bool may_be_short;  // written by a pod's author, where engines otherwise use full names
  bool hub;           // only containerd writes it, whose short names are Docker Hub's
};
constexpr PlaceRow kPlaces[] = {
    {ImagePlace::kConfigured, Role::kName, false, false},
    {ImagePlace::kDockerImage, Role::kName, false, false},
    {ImagePlace::kPodmanImageName, Role::kName, false, false},
    {ImagePlace::kCriUserSpecified, Role::kName, true, false},
    {ImagePlace::kCriUserConfig, Role::kName, true, false},
    {ImagePlace::kCriAnnotation, Role::kName, true, true},
    {ImagePlace::kCrioUserRequested, Role::kName, true, false},
    {ImagePlace::kCrioImageName, Role::kName, false, false},
    {ImagePlace::kCrioSomeName, Role::kName, false, false},
    {ImagePlace::kContainerdImage, Role::kName, false, true},
    {ImagePlace::kCriImage, Role::kName, false, false},
    {ImagePlace::kCrioImage, Role::kName, false, false},
    {ImagePlace::kCriSandboxImage, Role::kName, false, false},
    {ImagePlace::kDockerRepoTag, Role::kName, false, false},
    {ImagePlace::kCriImageRef, Role::kDigest, false, false},
    {ImagePlace::kCrioRepoDigest, Role::kDigest, false, false},
    {ImagePlace::kDockerRepoDigest, Role::kDigest, false, false},
    {ImagePlace::kBareDigest, Role::kDigest, false, false},
};

struct Chosen {
  std::string_view text;
  ImageRef ref;
  const PlaceRow* row = nullptr;
};

// Docker Hub's names have a short and a long form: "busybox" is "docker.io/library/busybox".
std::string_view short_repository(std::string_view repository) {
  for (const std::string_view prefix : {"docker.io/", "index.docker.io/", "library/"}) {
    if (repository.starts_with(prefix)) repository.remove_prefix(prefix.size());
  }
  return repository;
}

// "host/path", where the host has a dot or a port or is localhost.
bool has_host(std::string_view repository) {
  const size_t slash = repository.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view first = repository.substr(0, slash);
  return first == "localhost" || first.find_first_of(".:") != std::string_view::npos;
}

std::optional<Chosen> first_name(std::span<const ImageWord> words) {
  for (const PlaceRow& row : kPlaces) {
    if (row.place == ImagePlace::kBareDigest) continue;
    for (const ImageWord& word : words) {
      if (word.place != row.place || word.text.empty()) continue;
      ImageRef ref = parse_image_ref(word.text);
      // A word that is to tell a digest and tells none is some other text.
      if (ref.repository.empty() || (row.role == Role::kDigest && ref.digest.empty())) continue;
      return Chosen{word.text, std::move(ref), &row};
    }
  }
  return std::nullopt;
}

// The full repository of a short name, "" when nobody knows it.
std::string full_repository(const ImageRef& asked, std::span<const ImageWord> words) {
  const std::string end = '/' + asked.repository;
  bool hub = false;
  for (const ImageWord& word : words) {
    const auto* row = std::find_if(std::begin(kPlaces), std::end(kPlaces),
                                   [&](const PlaceRow& candidate) { return candidate.place == word.place; });
    if (row == std::end(kPlaces) || word.text.empty() || word.place == ImagePlace::kBareDigest) continue;
    hub = hub || row->hub;
    ImageRef known = parse_image_ref(word.text);
    if (has_host(known.repository) && known.repository.ends_with(end)) return std::move(known.repository);
  }
  if (!hub) return {};
  const bool official = asked.repository.find('/') == std::string::npos;
  return (official ? "docker.io/library/" : "docker.io/") + asked.repository;
}

// Of the words that tell digests, the one for that repository, else the only one.
std::string digest_for(std::string_view repository, std::span<const ImageWord> words) {
  std::set<std::string> digests;
  for (const ImageWord& word : words) {
    if (word.place == ImagePlace::kBareDigest) {
      if (!word.text.empty()) digests.emplace(word.text);
      continue;
    }
    ImageRef ref = parse_image_ref(word.text);
    if (ref.digest.empty()) continue;
    if (short_repository(ref.repository) == short_repository(repository)) return std::move(ref.digest);
    digests.insert(std::move(ref.digest));
  }
  return digests.size() == 1 ? *digests.begin() : std::string();
}

}  // namespace

void name_image(std::span<const ImageWord> words, Container& container) {
  std::optional<Chosen> chosen = first_name(words);
  if (!chosen) return;
  ImageRef& ref = chosen->ref;
  container.image = chosen->text;
  if (chosen->row->may_be_short && !has_host(ref.repository)) {
    std::string full = full_repository(ref, words);
    if (!full.empty()) {
      container.image = full + container.image.substr(ref.repository.size());
      ref.repository = std::move(full);
    }
  }
  container.image_tag = ref.tag.empty() && ref.digest.empty() ? "latest" : std::move(ref.tag);
  container.image_digest = ref.digest.empty() ? digest_for(ref.repository, words) : std::move(ref.digest);
  container.image_repository = std::move(ref.repository);
}

}  // namespace core
