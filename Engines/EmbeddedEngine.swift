/// The worker for machines with torch and transformers, as the text of its file.
package enum EmbeddedEngine {
  package static let script = PackageResources.exemplar_engine_py
}
