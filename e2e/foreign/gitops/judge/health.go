package main

import (
	"context"
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Argo CD gives a script as long.
const longest = time.Second

// The words that Argo CD knows. It shows any other as Unknown.
var known = map[string]bool{
	"Healthy": true, "Progressing": true, "Degraded": true, "Suspended": true, "Missing": true, "Unknown": true,
}

type health struct{ status, message string }

// What Argo CD opens for a script; no string, no math, no io.
var libraries = map[string]lua.LGFunction{
	lua.LoadLibName: lua.OpenPackage,
	lua.BaseLibName: lua.OpenBase,
	lua.TabLibName:  lua.OpenTable,
}

func healthOf(object *unstructured.Unstructured, script string) (health, error) {
	// Argo CD asks no script about what is being deleted.
	if object.GetDeletionTimestamp() != nil {
		return health{"Progressing", "Pending deletion"}, nil
	}
	returned, err := run(object, script)
	if err != nil {
		return health{}, err
	}
	status, message := text(returned, "status"), text(returned, "message")
	if !known[status] {
		return health{}, errors.New("the script's status is " + status)
	}
	return health{status, message}, nil
}

func run(object *unstructured.Unstructured, script string) (*lua.LTable, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range libraries {
		call := lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	limited, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("obj", value(state, object.Object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, errors.New("the script returned no table")
	}
	return table, nil
}

func text(table *lua.LTable, field string) string {
	if found, ok := table.RawGetString(field).(lua.LString); ok {
		return string(found)
	}
	return ""
}

// value gives Lua what JSON has: a list begins at 1, and null is nil.
func value(state *lua.LState, given any) lua.LValue {
	switch given := given.(type) {
	case bool:
		return lua.LBool(given)
	case string:
		return lua.LString(given)
	case float64:
		return lua.LNumber(given)
	case int64:
		return lua.LNumber(given)
	case map[string]any:
		table := state.NewTable()
		for key, inner := range given {
			table.RawSetString(key, value(state, inner))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, inner := range given {
			table.Append(value(state, inner))
		}
		return table
	default:
		return lua.LNil
	}
}
