// Command judge says what two programs that people deploy with make of an object: kstatus, by its own library, and Argo CD,
// by the health script that is shipped for the kind.
//
// Input is one line of JSON an object, `{"object": {...}, "health": "-- Lua"}`. Output is one line of JSON for each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	whole "k8s.io/apimachinery/pkg/util/json"
)

// Longer than any object that an API server stores.
const longestLine = 4 << 20

type question struct {
	Object map[string]any `json:"object"`
	Health string         `json:"health"`
}

type verdict struct {
	Status        string `json:"status"`
	StatusMessage string `json:"statusMessage"`
	Health        string `json:"health"`
	HealthMessage string `json:"healthMessage"`
}

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func judge(questions io.Reader, verdicts io.Writer) error {
	lines := bufio.NewScanner(questions)
	lines.Buffer(nil, longestLine)
	output := json.NewEncoder(verdicts)
	for number := 1; lines.Scan(); number++ {
		verdict, err := answer(lines.Bytes())
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := output.Encode(verdict); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answer(line []byte) (verdict, error) {
	var asked question
	// It keeps whole numbers whole, as kstatus wants generations.
	if err := whole.Unmarshal(line, &asked); err != nil {
		return verdict{}, err
	}
	object := &unstructured.Unstructured{Object: asked.Object}
	result, err := status.Compute(object)
	if err != nil {
		return verdict{}, fmt.Errorf("kstatus: %w", err)
	}
	health, err := healthOf(object, asked.Health)
	if err != nil {
		return verdict{}, fmt.Errorf("health of %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return verdict{string(result.Status), result.Message, health.status, health.message}, nil
}
