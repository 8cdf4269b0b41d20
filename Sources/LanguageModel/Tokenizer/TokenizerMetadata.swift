/// The metadata of a model file, as far as a tokenizer needs it: values by key.
///
/// Each lookup gives `nil` when the key is absent or its value is of another kind. Integers of
/// every width and sign count as integers when they fit an `Int`.
package protocol TokenizerMetadata {
  func string(_ key: String) -> String?
  func integer(_ key: String) -> Int?
  func bool(_ key: String) -> Bool?
  func strings(_ key: String) -> [String]?
  func integers(_ key: String) -> [Int]?
  func floats(_ key: String) -> [Float]?
}
