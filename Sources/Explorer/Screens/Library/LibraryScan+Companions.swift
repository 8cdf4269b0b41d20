import Foundation
import Storage
import TensorFiles
import Terminal

/// What belongs to dictionaries: stores of activations, adapters and models.
extension LibraryScan {
  /// No description of an adapter is larger.
  private static let descriptionLimit = 1 << 20
  /// Of a folder whose size is summed, files beyond these are left out.
  private static let mostFiles = 20_000

  func companion(_ url: URL, isFolder: Bool) -> LibraryEntry.Content? {
    let suffix = url.pathExtension.lowercased()
    guard isFolder else {
      guard suffix == "gguf" else { return nil }
      if let other = other(url) { return other }
      let file = Self.modelName(ofGGUF: url.deletingPathExtension().lastPathComponent)
      let given = GGUFFile.modelName(of: url).map { sanitized($0, whitespace: .spaces) }
      return .model(name: file, title: given)
    }
    if suffix == "epstore" || has("store.sqlite", url) { return store(url) }
    if has("adapter_config.json", url) { return adapter(url) }
    if has("config.json", url),
      has("model.safetensors", url) || has("model.safetensors.index.json", url)
    {
      return .model(name: url.lastPathComponent, title: nil)
    }
    return nil
  }

  /// What is no file; such a thing is not read, and not waited for.
  func other(_ url: URL) -> LibraryEntry.Content? {
    OrdinaryFile.otherKind(atPath: url.path(percentEncoded: false)).map {
      .broken(OrdinaryFile.refusal(of: $0))
    }
  }

  private func has(_ name: String, _ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: name).path(percentEncoded: false))
  }

  private func store(_ url: URL) -> LibraryEntry.Content {
    do {
      let file = try StoreFile(url)
      return .store(
        LibraryEntry.StoreSummary(
          model: file.provenance.model, modelName: file.provenance.modelName,
          modelHash: file.provenance.modelHash,
          adapter: file.provenance.adapter,
          hooks: file.hooks.map(\.name), documentCount: file.documentCount,
          rowCount: file.rowCount, continuationCount: file.continuationCount,
          answers: try? file.recordedOutcomes(),
          isFinished: file.isFinished))
    } catch {
      return .broken(words(of: error))
    }
  }

  private struct AdapterDescription: Decodable {
    var base: String?
    var rank: Int?

    enum CodingKeys: String, CodingKey {
      case base = "base_model_name_or_path"
      case rank = "r"
    }
  }

  private func adapter(_ url: URL) -> LibraryEntry.Content {
    let file = url.appending(path: "adapter_config.json")
    guard let data = try? OrdinaryFile.data(file, limit: Self.descriptionLimit),
      let description = try? JSONDecoder().decode(AdapterDescription.self, from: data)
    else { return .broken("adapter_config.json: no description of an adapter") }
    return .adapter(base: description.base, rank: description.rank)
  }

  /// Without what says how the weights are rounded: `SmolLM2-135M-Instruct.Q4_1`.
  static func modelName(ofGGUF name: String) -> String {
    let quantised = /[.\-](?i:I?Q\d[A-Z0-9_]*|BF16|F16|F32)$/
    return name.replacing(quantised, with: "")
  }

  /// Bytes of a file, or of all in a folder.
  func size(of url: URL, isFolder: Bool) -> Int? {
    let url = url.resolvingSymlinksInPath()
    guard isFolder else {
      return (try? url.resourceValues(forKeys: [.fileSizeKey]))?.fileSize
    }
    guard
      let files = FileManager.default.enumerator(
        at: url, includingPropertiesForKeys: [.fileSizeKey, .isRegularFileKey])
    else { return nil }
    var bytes = 0
    for case let file as URL in files.lazy.prefix(Self.mostFiles) {
      let values = try? file.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
      if values?.isRegularFile == true { bytes += values?.fileSize ?? 0 }
    }
    return bytes
  }
}
