import Foundation
import TensorFiles

/// The tensors of a model's files as float32.
///
/// A tensor of one dimension counts as one row; matrices have rows along the first, and GGUF tensors of several matrices
/// the rows of one after those of another.
protocol WeightSource: Sendable {
  /// Outermost dimension first; `nil` where there is no tensor of that name.
  func shape(_ name: String) -> [Int]?
  /// The name of its stored type, such as `BF16`.
  func typeName(_ name: String) -> String?
  /// - Throws: where the tensor of that name is of a type that is not read.
  func checkType(_ name: String) throws
  /// Writes rows to `output`.
  ///
  /// - Precondition: the tensor is there, has those rows, and `output` holds just their elements.
  func read(_ name: String, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) throws
  /// Where the rows of a matrix lie; `nil` where they are not in a mapped file, or of a type that products do
  /// not decode.
  func stored(_ name: String) -> StoredTensor?
  /// - Throws: where a file was written to since it was opened.
  func checkUnchanged() throws
  /// Every tensor's name.
  var names: [String] { get }
  /// The size of the files.
  var byteCount: Int { get }
}

extension WeightSource {
  func checkType(_ name: String) throws {}

  func stored(_ name: String) -> StoredTensor? { nil }

  func checkUnchanged() throws {}
}

/// The tensors that an adapter holds whole.
struct AdapterWeights: WeightSource {
  let file: SafetensorsFile

  func shape(_ name: String) -> [Int]? { file.tensors[name]?.shape }

  func typeName(_ name: String) -> String? {
    file.tensors[name]?.elementType.rawValue.uppercased()
  }

  func read(
    _ name: String, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    let isVector = file.tensors[name]?.shape.count == 1
    _ = output.update(
      fromContentsOf: isVector ? try file.floats(name) : try file.floats(name, rows: rows))
  }

  var names: [String] { file.names }

  var byteCount: Int { file.tensors.values.reduce(0) { max($0, $1.byteRange.upperBound) } }
}

extension GGUFFile: WeightSource {
  func shape(_ name: String) -> [Int]? { tensors[name]?.shape ?? unreadTensors[name]?.shape }

  func typeName(_ name: String) -> String? {
    tensors[name]?.type.name ?? unreadTensors[name]?.typeName
  }

  func checkType(_ name: String) throws { _ = try tensor(name) }

  func read(
    _ name: String, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    dequantise(try tensor(name), rows: rows, into: output)
  }

  func stored(_ name: String) -> StoredTensor? {
    guard let tensor = tensors[name] else { return nil }
    return StoredTensor(tensor.type, mapped(tensor), rows: tensor.rowCount)
  }

  var names: [String] { tensorNames }
}

/// The safetensors files of a hub-style folder: one, or several with an index.
struct HubWeights: WeightSource {
  private let files: [SafetensorsFile]
  private let fileOfTensor: [String: Int]

  /// - Throws: `ModelError.notFound` where a file is missing, `missingTensor` where a shard does
  ///   not hold what the index says, `unsupported` for element types other than F32, F16, BF16;
  ///   `TensorFileError` for damaged files.
  init(folder: URL) throws {
    let index = folder.appending(path: "model.safetensors.index.json")
    let single = folder.appending(path: "model.safetensors")
    if FileManager.default.fileExists(atPath: single.path(percentEncoded: false)) {
      let file = try TensorFileError.naming(single) { try SafetensorsFile(single) }
      files = [file]
      fileOfTensor = Dictionary(uniqueKeysWithValues: file.names.map { ($0, 0) })
    } else if FileManager.default.fileExists(atPath: index.path(percentEncoded: false)) {
      (files, fileOfTensor) = try Self.shards(index, in: folder)
    } else {
      throw ModelError(
        .notFound,
        "\(ModelError.printable(folder.lastPathComponent)): expected model.safetensors or "
          + "model.safetensors.index.json, found neither")
    }
    for (name, number) in fileOfTensor.sorted(by: { $0.key < $1.key }) {
      if let unread = files[number].unread[name] {
        throw ModelError(
          .unsupported,
          "\(ModelError.printable(name)): expected F32, F16 or BF16, found "
            + ModelError.printable(unread.dtype))
      }
      guard let info = files[number].tensors[name] else { continue }
      guard Self.type(info.elementType) != nil || !info.elementType.isFloatingPoint else {
        throw ModelError(
          .unsupported,
          "\(ModelError.printable(name)): expected F32, F16 or BF16, found "
            + info.elementType.rawValue.uppercased())
      }
    }
  }

  private static func shards(
    _ index: URL, in folder: URL
  ) throws -> ([SafetensorsFile], [String: Int]) {
    let map = try HubConfiguration(index).object("weight_map")?.allStrings() ?? [:]
    guard !map.isEmpty else {
      throw ModelError(
        .malformedConfiguration, "model.safetensors.index.json: expected a weight_map")
    }
    var files: [SafetensorsFile] = []
    var numbers: [String: Int] = [:]
    for name in Set(map.values).sorted() {
      // A name is not a path: an index must not reach outside its folder.
      guard !name.contains("/"), name.hasSuffix(".safetensors") else {
        throw ModelError(
          .malformedConfiguration,
          "model.safetensors.index.json: \(ModelError.printable(name)) is not the name of a "
            + "safetensors file")
      }
      numbers[name] = files.count
      let url = folder.appending(path: name)
      files.append(try TensorFileError.naming(url) { try SafetensorsFile(url) })
    }
    var fileOfTensor: [String: Int] = [:]
    for (tensor, name) in map.sorted(by: { $0.key < $1.key }) {
      guard let number = numbers[name],
        files[number].tensors[tensor] != nil || files[number].unread[tensor] != nil
      else {
        throw ModelError(
          .missingTensor,
          "\(ModelError.printable(tensor)) is not in \(ModelError.printable(name)), where the "
            + "index has it")
      }
      fileOfTensor[tensor] = number
    }
    return (files, fileOfTensor)
  }

  private static func type(_ element: ElementType) -> GGUFTensorType? {
    switch element {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    default: nil
    }
  }

  private func info(_ name: String) -> SafetensorsFile.TensorInfo? {
    fileOfTensor[name].flatMap { files[$0].tensors[name] }
  }

  func shape(_ name: String) -> [Int]? { info(name)?.shape }

  func typeName(_ name: String) -> String? { info(name)?.elementType.rawValue.uppercased() }

  func read(
    _ name: String, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let number = fileOfTensor[name], let info = info(name),
      let type = Self.type(info.elementType)
    else {
      throw ModelError(.missingTensor, "\(ModelError.printable(name)) holds no floats")
    }
    if info.shape.count == 1 {
      try files[number].withBytes(name) { type.dequantise($0, output) }
    } else {
      try files[number].withBytes(name, rows: rows) { type.dequantise($0, output) }
    }
  }

  func stored(_ name: String) -> StoredTensor? {
    guard let number = fileOfTensor[name], let info = info(name),
      let type = Self.type(info.elementType), let bytes = try? files[number].mapped(name)
    else { return nil }
    return StoredTensor(type, bytes, rows: info.shape.first ?? 0)
  }

  func checkUnchanged() throws {
    for file in files { try file.checkUnchanged() }
  }

  var names: [String] { files.flatMap { file in file.names.filter { fileOfTensor[$0] != nil } } }

  var byteCount: Int {
    files.reduce(0) { $0 + ($1.tensors.values.map(\.byteRange.upperBound).max() ?? 0) }
  }
}
