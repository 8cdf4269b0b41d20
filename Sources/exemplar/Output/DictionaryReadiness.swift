import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What can be done with a dictionary as it lies here, and what the rest would need.
struct DictionaryReadiness: Sendable, Equatable {
  struct Item: Sendable, Equatable {
    var task: String
    /// What is missing for it; `nil` where nothing is.
    var needs: String?
  }

  var items: [Item]

  /// - Parameter environment: names the hub cache, where weights are looked for by the recorded name.
  init(
    _ file: DictionaryFile,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    let provenance = file.provenance
    let isStoreThere = (try? StoreLocation.attached(to: file)).flatMap { try? StoreFile($0) } != nil
    let model = provenance.model.map(TensorFileError.printable)
    let hook = provenance.hook.map(TensorFileError.printable)
    let areWeightsThere =
      provenance.model.flatMap { try? ModelFiles.find($0, environment: environment) } != nil
    let weights =
      areWeightsThere
      ? nil
      : model.map {
        // A file's name is no repository's.
        $0.contains("/")
          ? "the weights of \($0): “hf download \($0)” puts them in the hub cache, or name a file with --model"
          : "the weights of \($0): name the file with --model"
      } ?? "the weights of its model, which it does not record: name a file with --model"
    let place = hook == nil ? "its hook, which it does not record: --hook" : nil
    let store =
      isStoreThere
      ? nil
      : "a store: “exemplar capture \(model ?? "MODEL") --prompts FILE --hook \(hook ?? "HOOK") --generate 48 -o X.epstore”"
    func all(_ needs: String?...) -> String? {
      let missing = needs.compactMap(\.self)
      return missing.isEmpty ? nil : missing.joined(separator: "; ")
    }
    items = [
      Item(task: "browse, search, label, compare", needs: nil),
      Item(
        task: "directions by sampled members",
        needs: file.sampledCount > 0 ? nil : "a dictionary that sampled members of its regions"),
      Item(task: "trace, search by example, lens", needs: all(weights, place)),
      Item(task: "coverage, assignment of new text", needs: all(weights, place)),
      Item(task: "refusals by region, answers, probe", needs: all(store, place)),
      Item(task: "ablation and steering", needs: all(store, weights, place)),
    ]
  }
}
