import Foundation
import TensorFiles

/// Where a model's files are.
package enum ModelFiles: Equatable, Sendable {
  /// A GGUF file; the first part, where there are several.
  case gguf(URL)
  /// A folder with `config.json` and safetensors.
  case hub(URL)

  package var url: URL {
    switch self {
    case .gguf(let url), .hub(let url): url
    }
  }

  /// Finds a model by path, or by name in the hub cache; nothing is fetched.
  ///
  /// A name such as `org/model` is looked for in the hub cache (``TensorFiles/HubFolders``), at the revision that
  /// `refs/main` names.
  ///
  /// - Throws: `ModelError.notFound` with the places looked at.
  package static func find(
    _ pathOrName: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ModelFiles {
    let path = URL(filePath: pathOrName)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(
      atPath: path.path(percentEncoded: false), isDirectory: &isFolder)
    {
      guard isFolder.boolValue else {
        guard path.pathExtension.lowercased() == "gguf" || GGUFFile.isGGUF(path) else {
          throw ModelError(
            .notFound,
            "\(ModelError.printable(pathOrName)): expected a GGUF file or a folder with "
              + "config.json")
        }
        return .gguf(firstPart(of: path))
      }
      return try folder(path)
    }
    let cache = HubFolders(environment: environment).cache
    guard let cached = try cached(pathOrName, in: cache) else {
      throw ModelError(
        .notFound,
        "\(ModelError.printable(pathOrName)): no such file or folder, and no such model in "
          + ModelError.printable(cache.path(percentEncoded: false)))
    }
    return cached
  }

  /// The model of a name in the hub cache; `nil` where it is not there.
  package static func cached(_ name: String, in cache: URL) throws -> ModelFiles? {
    try snapshot(name, in: cache).map(folder)
  }

  /// Any part of a model stands for all; the first one names it.
  private static func firstPart(of url: URL) -> URL {
    guard let name = GGUFPartName(url.lastPathComponent) else { return url }
    let first = url.deletingLastPathComponent().appending(path: name.sibling(1))
    return exists(first) ? first : url
  }

  /// A folder with a configuration and safetensors, or with one GGUF model.
  private static func folder(_ url: URL) throws -> ModelFiles {
    let names = try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false))
    let ggufs = names.filter { $0.lowercased().hasSuffix(".gguf") }.sorted()
    // Repositories of GGUF files often keep the original's configuration.
    let isHub =
      ggufs.isEmpty || names.contains("model.safetensors")
      || names.contains("model.safetensors.index.json")
    if names.contains("config.json"), isHub { return .hub(url) }
    let models = Set(ggufs.map { GGUFPartName($0)?.sibling(1) ?? $0 })
    guard let only = models.first, models.count == 1, let any = ggufs.first else {
      let found = ggufs.isEmpty ? "neither" : "\(models.count) GGUF models"
      throw ModelError(
        .notFound,
        "\(ModelError.printable(url.lastPathComponent)): expected config.json with safetensors or "
          + "one GGUF model, found \(found)")
    }
    return .gguf(url.appending(path: names.contains(only) ? only : any))
  }

  /// The folder of the cached revision; `nil` where the name is not one, or not cached.
  private static func snapshot(_ name: String, in cache: URL) throws -> URL? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      return nil
    }
    let model = cache.appending(path: "models--" + parts.joined(separator: "--"))
    let snapshots = model.appending(path: "snapshots")
    if let data = try? OrdinaryFile.data(model.appending(path: "refs/main"), limit: 4096),
      let revision = String(data: data, encoding: .utf8)
    {
      let trimmed = revision.trimmingCharacters(in: .whitespacesAndNewlines)
      guard !trimmed.isEmpty, !trimmed.contains("/"), !trimmed.hasPrefix(".") else { return nil }
      let snapshot = snapshots.appending(path: trimmed)
      if exists(snapshot) { return snapshot }
    }
    let all = try? FileManager.default.contentsOfDirectory(
      atPath: snapshots.path(percentEncoded: false))
    // Without a reference, a single snapshot is the only one that can be meant.
    guard let all, let only = all.first, all.count == 1 else { return nil }
    return snapshots.appending(path: only)
  }

  private static func exists(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
  }
}
