cd /tmp/w/serial
try() { # file, sed expr, tests
  cp $1 /tmp/w/kit/saved; sed -i "$2" $1
  if cmp -s $1 /tmp/w/kit/saved; then echo "NOCHANGE $2"; fi
  nice timeout 170 .venv/bin/python -m pytest $3 -q -x 2>&1 | tail -1 | sed "s#^#[$2] #"
  cp /tmp/w/kit/saved $1
}
try protocols/serial_device.py 's/mode\[6\]\[termios.VMIN\] = 1/pass/' tests/serial/test_port.py
try protocols/serial_device.py 's/termios.BRKINT | termios.IGNPAR/termios.IGNPAR/' tests/serial/test_port.py
try protocols/serial_device.py 's/exclusive=True/exclusive=False/' tests/serial/test_port.py
try protocols/prompt.py 's/if wait < INTERVAL:/if False:/' tests/serial/test_noise.py
try protocols/serial_line.py 's/if call.paused or/if/' tests/serial/test_door.py
try protocols/serial_line.py 's/            self._port.discard()/            pass/' tests/serial/test_door.py
try protocols/serial_door.py 's/>= STABLE_S/>= 0/' tests/serial/test_door.py
try protocols/transparent.py 's/self._pass(self._stripper.flush())/pass/' tests/serial/test_noise.py
