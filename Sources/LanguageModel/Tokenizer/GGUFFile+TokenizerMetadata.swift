import TensorFiles

extension GGUFFile: TokenizerMetadata {
  package func string(_ key: String) -> String? { metadata[key]?.string }
  package func integer(_ key: String) -> Int? { metadata[key]?.integer }
  package func bool(_ key: String) -> Bool? { metadata[key]?.bool }
  package func strings(_ key: String) -> [String]? { metadata[key]?.strings }
  package func integers(_ key: String) -> [Int]? { metadata[key]?.integers }
  package func floats(_ key: String) -> [Float]? {
    metadata[key]?.floats.map { $0.map(Float.init) }
  }
}
