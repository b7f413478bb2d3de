#include "scenario_files.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace scenarios {
namespace {

void replace(std::string& text, const std::string& directory) {
  for (size_t at = 0; (at = text.find(kDirectory, at)) != std::string::npos; at += directory.size()) {
    text.replace(at, kDirectory.size(), directory);
  }
}

void replace(Thread& thread, const std::string& directory) {
  replace(thread.cwd, directory);
  for (std::string& argument : thread.args) replace(argument, directory);
}

}  // namespace

Placed::Placed(Scenario scenario) : scenario_(std::move(scenario)) {
  const std::string& directory = directory_.path();
  for (Thread& thread : scenario_.before) replace(thread, directory);
  for (Step& step : scenario_.steps) {
    replace(step.event.thread, directory);
    replace(step.event.text, directory);
  }
  for (File& file : scenario_.files) {
    replace(file.text, directory);
    const std::filesystem::path path = std::filesystem::path(directory) / file.path;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path);
    out << file.text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  }
}

}  // namespace scenarios
