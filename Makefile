# Every target sets up what it needs; a set-up that is current takes less than a second.
PYTHON ?= python3
BIN := .venv/bin
REAL := ros or browser or gazebo
FAST := not slow and not thorough and not postgres and not ($(REAL))
EACH_CORE := -n logical --dist worksteal
COVERED := --cov=fleet_manager/domain --cov=fleet_manager/application --cov-report=
SETUP := $(PYTHON) setup/install.py

# A thousand modules are imported by every program a test starts: compiled once, not each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check gates bench lock rosdep-check colcon clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## Set up .venv with everything the product and its tests need
	@$(SETUP) dev

demo: ## Run a hospital on this machine; Ctrl-C ends it (ARGS="--help" for options)
	@$(SETUP) runtime
	@$(PYTHON) setup/foreground.py $(BIN)/fleet demo $(ARGS)

test: ## All gates and all tests; as root also installs what tests need from Debian
	@$(SETUP) dev --system
	@$(MAKE) --no-print-directory gates
	$(BIN)/pytest $(EACH_CORE) -m 'not slow and not ($(REAL))' $(COVERED)
	$(BIN)/coverage report --skip-covered --fail-under=95
	$(BIN)/pytest $(EACH_CORE) -m 'slow and not ($(REAL))'
	$(BIN)/pytest -m gazebo
	$(PYTHON) setup/side_by_side.py robots: $(BIN)/pytest -m 'ros and not (browser or gazebo)' \
		-- pages: $(BIN)/pytest -m 'browser and not gazebo'

check: ## The gates and the fast tests: for the time between two edits
	@$(SETUP) dev
	@$(MAKE) --no-print-directory gates
	$(BIN)/pytest -q $(EACH_CORE) -m '$(FAST)'

gates:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## Every figure the README quotes (ARGS to choose)
	@$(SETUP) dev
	@$(PYTHON) setup/foreground.py $(BIN)/python -m benchmarks $(ARGS)

lock: ## Resolve the dependencies anew, with hashes, for every Python version
	@$(SETUP) dev
	$(BIN)/python setup/lock.py

rosdep-check: ## Show that rosdep resolves every key of the package.xml files, without a ROS
	@$(SETUP) dev
	$(BIN)/python setup/rosdep/check.py

colcon: ## Build both packages with colcon, in build/colcon
	@$(SETUP) dev
	PATH="$(CURDIR)/$(BIN):$$PATH" AMENT_PREFIX_PATH="$${AMENT_PREFIX_PATH:-$(CURDIR)/.venv}" \
		colcon --log-base build/colcon/log build \
		--base-paths . interfaces --build-base build/colcon/build \
		--install-base build/colcon/install \
		--cmake-args -G Ninja -DBUILD_TESTING=OFF -DPython3_EXECUTABLE=$(CURDIR)/$(BIN)/python \
		$(if $(AMENT_PREFIX_PATH),,-DCMAKE_PREFIX_PATH=$(CURDIR)/.venv)

clean: ## Remove everything that make has made
	rm -rf .venv build .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache \
		.pytest_cache .import_linter_cache *.egg-info
