// The descriptions of Flux's sources: only files of it are used. `../../gitops-tools` copies them.
module slipway.dev/e2e/foreign/gitops/sources

go 1.26.0

require github.com/fluxcd/source-controller v1.9.6
